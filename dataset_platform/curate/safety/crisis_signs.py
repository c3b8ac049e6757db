"""The published lexicon of crises: our own writing, read against clauses in plain words.

A clause comes here in lower case, without apostrophes, its words separated by one space, so
"I don't want to live" is `i dont want to live`. What denies, or speaks of others in general,
is cut out before a sign is looked for.
"""

from dataclasses import dataclass

from dataset_platform.curate.safety.flags import Flag, Severity
from dataset_platform.curate.safety.plain import any_of


@dataclass(frozen=True)
class Signs:
    """Phrases, as RE2 patterns between word boundaries, that show one kind of crisis at one severity."""

    flag: Flag
    severity: Severity
    phrases: tuple[str, ...]

    @property
    def pattern(self) -> str:
        return rf"\b(?:{'|'.join(self.phrases)})\b"


_I = any_of("i im ive id ill")
_ME = any_of("i im ive id ill me my myself")
_FEW = r"(?: \w+){0,4}?"
# Words that may stand between me and a word like suicidal: few that begin with f, s or y, so no `you` or `she`.
_NEAR = (
    r"(?: (?:[a-eg-hj-rt-xz0-9]\w*|feel\w*|for|from|still|so|severely|started|struggl\w*|suffer\w*|such|some"
    r")){0,6}?"
)
_SELF = any_of("myself my_self my_arms? my_wrists? my_legs? my_thighs? my_skin my_body")
_KIN = any_of(
    "husband wife partner boyfriend girlfriend bf gf ex father dad stepfather stepdad mother mom mum"
    " stepmother parents? brother sister uncle cousin grandfather boss teacher coach roommate neighbou?r"
    " coworker"
)
_YOUNG = any_of("son daughter child kid friend niece nephew student best_friend")
_LOVED = rf"(?:my|our) (?:\w+ )?(?:{_KIN}|{_YOUNG})"
_SOMEONE = (
    rf"(?:him|her|them|someone|somebody|everyone|people|my (?:\w+ )?(?:kids?|children|baby|family|{_KIN}))"
)
_ABUSER = rf"(?:he|she|they|who|my (?:\w+ )?{_KIN})"
_OFTEN = r"(?:(?:has|have|had|always|often|still|would|just|sexually|physically|also|then|even) ){0,3}"
_HITS = any_of(
    "hits beats chokes strangles punches slaps kicks rapes molests abuses assaults gropes threatens"
)
_HIT = any_of(
    "hit beat choked strangled punched slapped kicked raped molested abused assaulted groped threatened"
)
_SUFFERED = any_of(
    "raped molested abused sexually_abused physically_abused emotionally_abused sexually_assaulted"
    " groomed trafficked"
)
_WANT = any_of(
    "want wanted wanting wanna wish wished wishing ready decided need think_about think_of thinking_about"
    " thinking_of thought_about thought_of thoughts_about thoughts_of urge_to urges_to feel_like felt_like"
    " feeling_like consider considered considering contemplate contemplated contemplating tempted_to"
)
_INTEND = any_of(
    "going_to gonna plan_to plan_on planning_to planned_to planning_on about_to intend_to will ready_to"
    " decided_to prepared_to"
)
_TRIED = any_of("tried_to tried try trying_to attempted_to attempted")
_TAKE_LIFE = any_of(
    "kill_myself kill_my_self killing_myself end_my_life ending_my_life end_my_own_life take_my_life"
    " take_my_own_life taking_my_own_life commit_suicide committing_suicide commiting_suicide commit_sucide"
    " hang_myself hanging_myself shoot_myself shooting_myself drown_myself slit_my_wrists? slit_my_throat"
    " cut_my_wrists off_myself ctb end_it_all ending_it_all"
)
_TOO_MANY = any_of("too_many a_bunch_of a_handful_of all_the all_my the_whole_bottle_of a_bottle_of a_lot_of")
_PILLS = any_of("pills? tablets meds medication tylenol paracetamol xanax opioids? heroin fentanyl ambien")
_WATCHER = any_of("cia fbi government police neighbou?rs? tv radio they")
_WATCHES = any_of("watching spying_on following tracking poisoning controlling sending")
_MEANS = any_of("gun pills rope noose knife blade bridge razor")

LEXICON: tuple[Signs, ...] = (
    Signs(
        Flag.SUICIDE,
        Severity.HIGH,
        (
            rf"{_I}{_FEW} (?:{_INTEND}|{_TRIED}) (?:\w+ )?{_TAKE_LIFE}",
            r"(?:my|a|the) (?:\w+ )?suicide (?:attempt|note|plan)|(?:goodbye|suicide) (?:note|letter)s?",
            rf"{_ME}{_FEW} (?:attempted|attempting|attempt) suicide",
            rf"{_ME} (?:\w+ ){{0,3}}suicide attempts?",
            rf"(?:planned|planning|plan|date|method|way|ways)(?: \w+){{0,3}} (?:my suicide|to {_TAKE_LIFE})",
            rf"(?:bought|buy|got|have|loaded|held|holding) (?:\w+ ){{0,2}}{_MEANS}(?: \w+){{0,3}} (?:to|for) "
            r"(?:my(?:self)?|kill|do it|end)",
            r"(?:gun|knife|blade|rope|noose) (?:to|at|around|against) my (?:head|throat|neck|wrists?|mouth"
            r"|temple)",
            r"(?:hung|shot|drowned) myself",
            rf"(?:was|is|am|came|so) close to (?:{_TAKE_LIFE}|jumping|doing it)",
            rf"{_I}{_FEW} jump(?:ing|ed)? (?:off|from|in front of) (?:\w+ )?"
            r"(?:bridge|building|roof|balcony|train|car|cliff|overpass)",
            rf"(?:tonight|today|tomorrow|this weekend)(?: \w+){{0,4}} {_TAKE_LIFE}",
            rf"{_TAKE_LIFE}(?: \w+){{0,2}} (?:tonight|today|tomorrow|this weekend|soon)",
        ),
    ),
    Signs(
        Flag.SUICIDE,
        Severity.MODERATE,
        (
            rf"{_WANT} (?:to )?(?:just )?{_TAKE_LIFE}",
            rf"{_ME}{_NEAR} suicid(?:e|al|ality|ally)",
            r"suicid(?:e|al|ality)(?: thoughts| ideation| urges)?(?: \w+){0,3}? (?:i|im|ive|me|my)",
            r"(?:thoughts?|thinking|think|ideas?) (?:of|about)(?: \w+){0,2} suicide",
            rf"only (?:reason|thing)(?: \w+){{0,6}} (?:i havent|i didnt|i dont|me from|i am not|im not)(?:"
            rf" \w+){{0,2}} "
            rf"(?:killed myself|dead|{_TAKE_LIFE})",
            r"(?:prepare|preparing) for my (?:own )?death|(?:guts|courage|nerve) to (?:\w+ )?(?:do it|kill"
            r" myself|end it)",
            r"(?:feeling|been|felt|still|so|very|extremely|become) suicidal|suicidal (?:thoughts|ideation"
            r"|urges)$",
            rf"(?:{_TAKE_LIFE}|unalive|unaliving)",
            r"(?:dont|do not|didnt|cant|cannot|wont|never|no longer) "
            r"(?:\w+ )?(?:see|seeing|have|find) (?:\w+ ){0,2}(?:reason|point) (?:to|in|of) (?:\w+ )?"
            r"(?:live|living|be alive|being alive|stay alive)",
        ),
    ),
    Signs(
        Flag.SUICIDE,
        Severity.LOW,
        (
            rf"{_I}(?: \w+){{0,3}}? (?:{_WANT}|rather|just) (?:to )?(?:just )?"
            r"(?:die|be dead|not exist|stop existing|disappear forever|never wake up|not wake up|be gone"
            r" forever"
            r"|go to sleep and never wake up|fall asleep and never wake up|sleep forever)",
            r"(?:wish|wishing|hope|pray|wished|hoped|hoping|prayed) (?:that )?i (?:was|were|would|could|had"
            r"|did|didnt|wasnt|werent|wouldnt|couldnt|hadnt)"
            r"(?: not| never)?(?: just)? (?:dead|die|died|dead already|not wake up|wake up|been born|exist"
            r"|be dead"
            r"|alive|born)",
            r"better off (?:dead|without me|if i (?:was|were) (?:dead|gone))",
            r"(?:no|any) (?:reason|point) (?:to|in|of) (?:me )?(?:live|living|be alive|being alive|staying"
            r" alive)",
            r"i (?:really |just |dont )*(?:do not|dont|didnt|did not|no longer) "
            r"(?:even |really )?(?:want|wanna|deserve|wish) (?:to )?"
            r"(?:live|be alive|be here|exist|wake up|live anymore|keep living|go on living)",
            r"(?:cant|cannot|can not) (?:go|keep) (?:on|going) (?:living|like this|any ?more)",
            r"(?:tired|sick) of (?:living|being alive|life)",
            r"life (?:isnt|is not|is no longer|not) (?:\w+ )?worth living",
            r"ready to die|want it all to end|dont see a future|supposed to (?:die|be dead)",
            r"hope (?:\w+ )?i dont wake up|not existing (?:\w+ )?sounds? (?:good|nice|better)",
            rf"{_LOVED} (?:\w+ ){{0,5}}(?:is suicidal|suicidal thoughts|(?:kill|killing|hurt|cut|cutting) "
            r"(?:him|her|them)sel(?:f|ves)|wants to die|threatens suicide|threatening suicide)",
        ),
    ),
    Signs(
        Flag.SELF_HARM,
        Severity.MODERATE,
        (
            rf"{_ME}(?: \w+){{0,6}} self (?:harm|injur|mutilat)\w*|{_ME}(?: \w+){{0,6}} selfharm\w*",
            r"self (?:harm|harming|injury)(?: \w+){0,5} (?:i|im|ive|my|me)",
            rf"(?:cut|cutting|burn|burned|burning|burnt|hurt|hurting|harm|harming|harmed|scratch|scratching|hit"
            rf"|hitting|punish|punishing|starve|starving|starved) {_SELF}",
            r"(?:fresh|new|more) cuts on my",
            r"urges? to (?:cut|burn|self harm)",
            r"(?:started|been|keep|stop|back to) cutting(?: again)?$",
        ),
    ),
    Signs(
        Flag.OVERDOSE,
        Severity.HIGH,
        (
            rf"{_I}(?: \w+){{0,4}}? (?:overdosed|overdosing|odd on|od on|oded|oding|overdose)",
            rf"{_I}(?: \w+){{0,4}}? (?:took|taken|take|taking|swallow|swallowed|swallowing) (?:\w+ ){{0,2}}"
            rf"{_TOO_MANY} (?:\w+ ){{0,2}}{_PILLS}",
            r"(?:took|swallow|swallowed) (?:the )?(?:whole|entire) bottle",
            rf"(?:mixed|mixing) (?:\w+ ){{0,2}}{_PILLS} (?:with|and) (?:\w+ )?(?:alcohol|vodka|wine|whiskey"
            rf"|beer)",
        ),
    ),
    Signs(
        Flag.OVERDOSE,
        Severity.LOW,
        (
            rf"(?:{_LOVED}|he|she|they|who) (?:\w+ ){{0,4}}(?:overdosed|overdosing|overdose|odd|oded)",
            r"(?:an|accidental|another|his|her|drug|my|heroin|opioid) overdose",
            rf"(?:taking|take|doubled|doubling|tripled|increased) (?:\w+ ){{0,2}}"
            rf"(?:more|double|twice|triple) (?:\w+ ){{0,3}}(?:my )?(?:dose|{_PILLS})",
        ),
    ),
    Signs(
        Flag.HARM_TO_OTHERS,
        Severity.HIGH,
        (
            rf"{_I}(?: \w+){{0,2}}? {_INTEND} (?:kill|murder|shoot|stab|strangle|attack) {_SOMEONE}",
            rf"(?:i will|ill|im going to|im gonna|i am going to) (?:\w+ )?"
            rf"(?:kill|murder|shoot|stab|strangle) {_SOMEONE}",
            r"shoot up (?:the|my|a) (?:school|office|place|work\w*)",
        ),
    ),
    Signs(
        Flag.HARM_TO_OTHERS,
        Severity.MODERATE,
        (
            rf"{_I}(?: \w+){{0,4}}? (?:{_WANT}|might|could) (?:to )?(?:just )?"
            rf"(?:kill|killing|murder|murdering|hurt|hurting|shoot|stab|stabbing|strangle|strangling|attack|harm"
            rf"|harming|molest) {_SOMEONE}",
            r"homicidal (?:thoughts|urges|ideation)|feel(?:ing)? homicidal|im homicidal",
            r"(?:afraid|scared|worried) (?:that )?i (?:will|might|may|am going to|could) "
            rf"(?:kill|hurt|harm|molest|attack|shake) {_SOMEONE}",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.HIGH,
        (
            r"(?:threatened|threatens|threatening|going|tried|trying|promised) to (?:kill|shoot|stab|murder) "
            r"(?:me|us|my (?:kids?|children|son|daughter))",
            rf"(?:afraid|scared|terrified) (?:of|that) {_ABUSER} (?:will|might|is going to) kill",
            rf"{_ABUSER} {_OFTEN}(?:chokes|choked|strangles|strangled|choking|strangling) (?:me|us)",
            rf"{_ABUSER} (?:\w+ ){{0,3}}(?:gun|knife) (?:to|at|on) (?:me|my)",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.MODERATE,
        (
            rf"{_ABUSER} {_OFTEN}{_HITS} (?:me|us|my|on me)",
            rf"{_ABUSER} (?:\w+ ){{0,3}}(?:keeps|is|still) (?:hitting|beating|raping|molesting|abusing"
            rf"|touching"
            r"|choking|threatening) (?:me|us|my)",
            rf"(?:i am|im|(?:i|me|my)(?: \w+){{0,4}} (?:being|getting|get)) (?:\w+ )?(?:{_SUFFERED}"
            rf"|beaten(?: up)?)",
            rf"(?:i|im|me|my)(?: \w+){{0,4}} (?:an|my|in|this|such) (?:\w+ ){{0,2}}abusive (?:relationship"
            rf"|marriage|home|household|{_KIN})",
            rf"{_KIN} (?:is|are) (?:\w+ )?abusive",
            rf"(?:afraid|scared|terrified) (?:of|that) {_ABUSER} (?:will|might|is going to) (?:hurt|hit"
            rf"|beat)",
            r"(?:is|are|keeps) (?:abusing|molesting|beating) (?:my|our|the) (?:\w+ )?"
            r"(?:son|daughter|child|children|kids?|brother|sister)",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.LOW,
        (
            rf"{_ABUSER} {_OFTEN}{_HIT} (?:me|us|on me)",
            rf"(?:was|were|been|got|had been) (?:\w+ )?(?:{_SUFFERED}|beaten(?: up)?)",
            rf"{_ME}(?: \w+){{0,6}} (?:domestic|sexual|physical|child|emotional|childhood) (?:violence"
            rf"|abuse|assault)",
            rf"{_ME}(?: \w+){{0,6}} abusive (?:relationship|marriage|home|childhood|ex|past)",
            r"(?:domestic|sexual|physical|child|emotional|childhood) (?:violence|abuse|assault)(?:"
            r" \w+){0,6} (?:i|me|my)",
            r"touched me (?:there|inappropriately|sexually|when i was)",
        ),
    ),
    Signs(
        Flag.PSYCHOSIS,
        Severity.HIGH,
        (
            r"(?:voices?|they)(?: \w+){0,14} (?:tell|telling|tells|command|commanding|say|saying) me to"
            r" (?:\w+ ){0,3}"
            r"(?:kill|hurt|harm|die|cut|jump|burn)",
        ),
    ),
    Signs(
        Flag.PSYCHOSIS,
        Severity.MODERATE,
        (
            rf"{_ME}(?: \w+){{0,4}} (?:hear|hearing|heard|hears) (?:\w+ ){{0,2}}voices",
            r"^(?:still |keep |keeps |also )?hearing (?:\w+ ){0,2}voices",
            r"voices? (?:\w+ ){0,3}(?:tell|telling|tells|told|command|commanding|say|saying|whisper"
            r"|whispering) me",
            rf"{_ME}(?: \w+){{0,5}} hallucinat\w+|my hallucinations",
            r"(?:seeing|see) (?:things|people|shadows|figures) (?:that|who) (?:arent|are not|others|nobody"
            r"|no one|isnt)",
            rf"{_WATCHER} (?:is|are|keeps?) (?:\w+ )?{_WATCHES} (?:me|messages|my)",
            r"(?:thoughts|chip) (?:\w+ ){0,3}(?:implanted|inserted|broadcast\w*)",
            r"implanted (?:\w+ ){0,2}(?:chip|thoughts)",
        ),
    ),
    Signs(
        Flag.PSYCHOSIS,
        Severity.LOW,
        (
            r"(?:i have|im|i am|my|ive had|ive been|i was)(?: \w+){0,3} (?:psychotic|psychosis|delusions?"
            r"|delusional"
            r"|schizophreni\w+)",
        ),
    ),
    Signs(
        Flag.EATING_DISORDER,
        Severity.HIGH,
        (
            r"(?:havent|have not|hasnt|not) (?:eaten|drunk|drank|eat) (?:\w+ ){0,3}(?:in|for) (?:\w+ ){0,2}"
            r"(?:days|week|weeks)",
            r"(?:fainted|faint|passed out|passing out|collapsed|blacked out)(?: \w+){0,6} "
            r"(?:not eating|eating|starving|purging|hunger)",
            r"(?:vomit|vomiting|throwing up|throw up|threw up|purging|purge) (?:\w+ )?blood",
        ),
    ),
    Signs(
        Flag.EATING_DISORDER,
        Severity.MODERATE,
        (
            rf"{_ME}(?: \w+){{0,5}} (?:purge|purging|purged|binge and purge|laxatives)",
            r"(?:make|made|making) myself (?:throw up|vomit|sick|puke)",
            rf"{_I}(?: \w+){{0,3}} (?:anorexic|bulimic|anorexia|bulimia)",
            r"(?:stopped|stop|refuse to|afraid to|scared to) eat(?:ing)?$",
        ),
    ),
)

_OTHERS = any_of(
    "you your youre youve youd u he hes she shes they theyre theyd we people someone somebody anyone everyone"
    " everybody nobody who friends others"
)
_NOT = any_of(
    "not never no without deny denies denied isnt wasnt arent havent hasnt dont doesnt didnt aint"
    " nor stopped quit"
)
_BETWEEN = r"(?: [a-hj-ln-z0-9]\w*){0,5}?"  # words that are none of I, me, my
_OF_OTHERS = any_of(
    "suicid\\w+ die be_dead kill_themsel\\w+ end_it_all self_harm\\w* overdos\\w+ hallucinat\\w+ psychotic"
    " psychosis delusion\\w*"
)
_DENIABLE = (
    r"suicid(?:e|al|ality)|homicidal|psychotic|psychosis|delusions?|delusional|hallucinat\w+|self harm\w*",
    rf"(?:kill|hurt|harm|cut)(?:ing|ting)? (?:{_SELF}|{_SOMEONE})",
    rf"{_TAKE_LIFE}",
    r"(?:want(?:ed)?|wanna|wish|thought (?:about|of)|trying|going) (?:to )?(?:die|be dead|dying)",
    r"hear(?:d|ing)? (?:\w+ )?voices|overdos\w+",
    r"abused|raped|molested|assaulted|beaten|abusive",
)
# What is taken out of a clause before signs are looked for.
NOT_MEANT = (
    *(rf"{_NOT} (?:\w+ ){{0,3}}?(?:{phrase})" for phrase in _DENIABLE),
    rf"(?:wont|will not|wouldnt|would not|cant|cannot) (?:ever |actually |really )?(?:{_TAKE_LIFE}|(?:hurt"
    rf"|harm) myself)",
    rf"{_OTHERS}{_BETWEEN} (?:{_OF_OTHERS}|{_SUFFERED})",
    r"suicidal (?:people|person|persons|friends?|girl|boy|man|woman|someone|threats?|patients?|clients?)",
    r"(?:a|the|of|about|against|oppose|view|idea|option|solution) (?:\w+ )?suicides?(?: \w+)* (?:you|your"
    r"|people|others)",
    r"suicide (?:squad|prevention|hotlines?|lifeline|awareness|watch|is|isnt|bombers?|doors?|support"
    r"|survivors?)",
    r"(?:lost|lose|losing|loss of) (?:\w+ ){1,5}to suicide|(?:died|dies) (?:by|from|of) (?:suicide|an"
    r" overdose)",
    rf"(?:{_KIN}|{_LOVED}|friend|he|she|her|him|they|who)(?: just| has| have)? "
    r"(?:committ?ed|committing|succeeded in committing) suicide(?: \w+)*",
    r"(?:everyone|all|we) (?:\w+ )?(?:going to|gonna|will) die|going to die (?:anyway|regardless|someday"
    r"|eventually)",
    r"kill(?:ed|ing)? (?:myself|me) (?:laughing|all day)|die of (?:laughter|laughing|embarrassment|boredom)",
)
# A clause that speaks of long ago: what it tells is one step less grave, and thoughts alone are none.
LONG_AGO = (
    r"(?:years?|decades?) ago|when i was (?:a |an |in |\d|young|little|about|around|just|only)|used to"
    r"|back (?:then|in)|in the past|as a (?:kid|child|teen\w*|boy|girl)|(?:in|during|throughout) (?:my"
    r" )?(?:high "
    r"school|middle school|college|childhood|adolescence|teens|youth|early)|since then|growing up"
)
# Words of which one must occur before anything else is looked at.
TRIGGER = (
    "suicid|kill|die\\b|dead|my (?:own )?life|worth living|of (?:living|life)|alive|exist|wake up|born|end it"
    "|myself|hang|hung|jump|shoot|shot|stab|strangl|murder|homicid|cut|burn|harm|hurt|overdos|\\bod|pills|bottle"
    "|abus|rape|molest|assault|beat|hit|chok|slap|kick|punch|grop|threat|violen|touch|afraid|scared|terrified"
    "|voice|hallucin|psycho|delusion|schizo|watching|spying|following|tracking|poison|controlling|sending"
    "|implant|inserted|broadcast|things that|shadows|eat|starv|faint|pass(?:ed|ing) out|vomit|throw|purg"
    "|laxativ"
    "|anorex|bulim|unaliv|\\bctb|be here|without me|go on|keep going|live|gun|knife|rope|noose|blade|mixed"
    "|mixing|dose"
    "|to die|dying|sleep|future|all to end|drown|slit|trafficked|groomed|medication|tablets|\\bmeds|see"
    " people"
)
