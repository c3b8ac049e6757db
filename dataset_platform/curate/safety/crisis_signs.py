"""The published lexicon of crises: our own writing, read against clauses in plain words.

A clause comes here in lower case, without apostrophes, its words separated by one space, so
"I don't want to live" is `i dont want to live`. What denies, or speaks of others in general,
was cut out of it (`crisis_context`).
"""

from dataclasses import dataclass

from dataset_platform.curate.safety.crisis_words import (
    ABUSER,
    FEW,
    HIT,
    HITS,
    INTEND,
    KIN,
    LOVED,
    ME,
    MEANS,
    NEAR,
    OFTEN,
    PILLS,
    SELF,
    SOMEONE,
    SUBJECT,
    SUFFERED,
    TAKE_LIFE,
    TOO_MANY,
    TRIED,
    WANT,
    WATCHER,
    WATCHES,
)
from dataset_platform.curate.safety.flags import Flag, Severity


@dataclass(frozen=True)
class Signs:
    """Phrases, as RE2 patterns between word boundaries, that show one kind of crisis at one severity."""

    flag: Flag
    severity: Severity
    phrases: tuple[str, ...]

    @property
    def pattern(self) -> str:
        return rf"\b(?:{'|'.join(self.phrases)})\b"


LEXICON: tuple[Signs, ...] = (
    Signs(
        Flag.SUICIDE,
        Severity.HIGH,
        (
            rf"{SUBJECT}{FEW} (?:{INTEND}|{TRIED}) (?:\w+ )?{TAKE_LIFE}",
            r"(?:my|a|the) (?:\w+ )?suicide (?:attempt|note|plan)|(?:goodbye|suicide) (?:note|letter)s?",
            rf"{ME}{FEW} (?:attempted|attempting|attempt) suicide",
            rf"{ME} (?:\w+ ){{0,3}}suicide attempts?",
            rf"(?:planned|planning|plan|date|method|way|ways)(?: \w+){{0,3}} (?:my suicide|to {TAKE_LIFE})",
            rf"(?:bought|buy|got|have|loaded|held|holding) (?:\w+ ){{0,2}}{MEANS}(?: \w+){{0,3}} (?:to|for) "
            r"(?:my(?:self)?|kill|do it|end)",
            r"(?:gun|knife|blade|rope|noose) (?:to|at|around|against) my (?:head|throat|neck|wrists?|mouth"
            r"|temple)",
            r"(?:hung|shot|drowned) myself",
            rf"(?:was|is|am|came|so) close to (?:{TAKE_LIFE}|jumping|doing it)",
            rf"{SUBJECT}{FEW} jump(?:ing|ed)? (?:off|from|in front of) (?:\w+ )?"
            r"(?:bridge|building|roof|balcony|train|car|cliff|overpass)",
            rf"(?:tonight|today|tomorrow|this weekend)(?: \w+){{0,4}} {TAKE_LIFE}",
            rf"{TAKE_LIFE}(?: \w+){{0,2}} (?:tonight|today|tomorrow|this weekend|soon)",
        ),
    ),
    Signs(
        Flag.SUICIDE,
        Severity.MODERATE,
        (
            rf"{WANT} (?:to )?(?:just )?{TAKE_LIFE}",
            rf"{ME}{NEAR} suicid(?:e|al|ality|ally)",
            r"suicid(?:e|al|ality)(?: thoughts| ideation| urges)?(?: \w+){0,3}? (?:i|im|ive|me|my)",
            r"(?:thoughts?|thinking|think|ideas?) (?:of|about)(?: \w+){0,2} suicide",
            rf"only (?:reason|thing)(?: \w+){{0,6}} (?:i havent|i didnt|i dont|me from|i am not|im not)(?:"
            rf" \w+){{0,2}} "
            rf"(?:killed myself|dead|{TAKE_LIFE})",
            r"(?:prepare|preparing) for my (?:own )?death|(?:guts|courage|nerve) to (?:\w+ )?(?:do it|kill"
            r" myself|end it)",
            r"(?:feeling|been|felt|still|so|very|extremely|become) suicidal|suicidal (?:thoughts|ideation"
            r"|urges)$",
            rf"(?:{TAKE_LIFE}|unalive|unaliving)",
            r"(?:dont|do not|didnt|cant|cannot|wont|never|no longer) "
            r"(?:\w+ )?(?:see|seeing|have|find) (?:\w+ ){0,2}(?:reason|point) (?:to|in|of) (?:\w+ )?"
            r"(?:live|living|be alive|being alive|stay alive)",
        ),
    ),
    Signs(
        Flag.SUICIDE,
        Severity.LOW,
        (
            rf"{SUBJECT}(?: \w+){{0,3}}? (?:{WANT}|rather|just) (?:to )?(?:just )?"
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
            rf"{LOVED} (?:\w+ ){{0,5}}(?:is suicidal|suicidal thoughts|(?:kill|killing|hurt|cut|cutting) "
            r"(?:him|her|them)sel(?:f|ves)|wants to die|threatens suicide|threatening suicide)",
        ),
    ),
    Signs(
        Flag.SELF_HARM,
        Severity.MODERATE,
        (
            rf"{ME}(?: \w+){{0,6}} self (?:harm|injur|mutilat)\w*|{ME}(?: \w+){{0,6}} selfharm\w*",
            r"self (?:harm|harming|injury)(?: \w+){0,5} (?:i|im|ive|my|me)",
            rf"(?:cut|cutting|burn|burned|burning|burnt|hurt|hurting|harm|harming|harmed|scratch|scratching|hit"
            rf"|hitting|punish|punishing|starve|starving|starved) {SELF}",
            r"(?:fresh|new|more) cuts on my",
            r"urges? to (?:cut|burn|self harm)",
            r"(?:started|been|keep|stop|back to) cutting(?: again)?$",
        ),
    ),
    Signs(
        Flag.OVERDOSE,
        Severity.HIGH,
        (
            rf"{SUBJECT}(?: \w+){{0,4}}? (?:overdosed|overdosing|odd on|od on|oded|oding|overdose)",
            rf"{SUBJECT}(?: \w+){{0,4}}? (?:took|taken|take|taking|swallow|swallowed|swallowing) "
            rf"(?:\w+ ){{0,2}}{TOO_MANY} (?:\w+ ){{0,2}}{PILLS}",
            r"(?:took|swallow|swallowed) (?:the )?(?:whole|entire) bottle",
            rf"(?:mixed|mixing) (?:\w+ ){{0,2}}{PILLS} (?:with|and) (?:\w+ )?(?:alcohol|vodka|wine|whiskey"
            rf"|beer)",
        ),
    ),
    Signs(
        Flag.OVERDOSE,
        Severity.LOW,
        (
            rf"(?:{LOVED}|he|she|they|who) (?:\w+ ){{0,4}}(?:overdosed|overdosing|overdose|odd|oded)",
            r"(?:an|accidental|another|his|her|drug|my|heroin|opioid) overdose",
            rf"(?:taking|take|doubled|doubling|tripled|increased) (?:\w+ ){{0,2}}"
            rf"(?:more|double|twice|triple) (?:\w+ ){{0,3}}(?:my )?(?:dose|{PILLS})",
        ),
    ),
    Signs(
        Flag.HARM_TO_OTHERS,
        Severity.HIGH,
        (
            rf"{SUBJECT}(?: \w+){{0,2}}? {INTEND} (?:kill|murder|shoot|stab|strangle|attack) {SOMEONE}",
            rf"(?:i will|ill|im going to|im gonna|i am going to) (?:\w+ )?"
            rf"(?:kill|murder|shoot|stab|strangle) {SOMEONE}",
            r"shoot up (?:the|my|a) (?:school|office|place|work\w*)",
        ),
    ),
    Signs(
        Flag.HARM_TO_OTHERS,
        Severity.MODERATE,
        (
            rf"{SUBJECT}(?: \w+){{0,4}}? (?:{WANT}|might|could) (?:to )?(?:just )?"
            rf"(?:kill|killing|murder|murdering|hurt|hurting|shoot|stab|stabbing|strangle|strangling|attack|harm"
            rf"|harming|molest) {SOMEONE}",
            r"homicidal (?:thoughts|urges|ideation)|feel(?:ing)? homicidal|im homicidal",
            r"(?:afraid|scared|worried) (?:that )?i (?:will|might|may|am going to|could) "
            rf"(?:kill|hurt|harm|molest|attack|shake) {SOMEONE}",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.HIGH,
        (
            r"(?:threatened|threatens|threatening|going|tried|trying|promised) to (?:kill|shoot|stab|murder) "
            r"(?:me|us|my (?:kids?|children|son|daughter))",
            rf"(?:afraid|scared|terrified) (?:of|that) {ABUSER} (?:will|might|is going to) kill",
            rf"{ABUSER} {OFTEN}(?:chokes|choked|strangles|strangled|choking|strangling) (?:me|us)",
            rf"{ABUSER} (?:\w+ ){{0,3}}(?:gun|knife) (?:to|at|on) (?:me|my)",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.MODERATE,
        (
            rf"{ABUSER} {OFTEN}{HITS} (?:me|us|my|on me)",
            rf"{ABUSER} (?:\w+ ){{0,3}}(?:keeps|is|still) (?:hitting|beating|raping|molesting|abusing"
            rf"|touching"
            r"|choking|threatening) (?:me|us|my)",
            rf"(?:i am|im|(?:i|me|my)(?: \w+){{0,4}} (?:being|getting|get)) (?:\w+ )?(?:{SUFFERED}"
            rf"|beaten(?: up)?)",
            rf"(?:i|im|me|my)(?: \w+){{0,4}} (?:an|my|in|this|such) (?:\w+ ){{0,2}}abusive (?:relationship"
            rf"|marriage|home|household|{KIN})",
            rf"{KIN} (?:is|are) (?:\w+ )?abusive",
            rf"(?:afraid|scared|terrified) (?:of|that) {ABUSER} (?:will|might|is going to) (?:hurt|hit"
            rf"|beat)",
            r"(?:is|are|keeps) (?:abusing|molesting|beating) (?:my|our|the) (?:\w+ )?"
            r"(?:son|daughter|child|children|kids?|brother|sister)",
        ),
    ),
    Signs(
        Flag.ABUSE,
        Severity.LOW,
        (
            rf"{ABUSER} {OFTEN}{HIT} (?:me|us|on me)",
            rf"(?:was|were|been|got|had been) (?:\w+ )?(?:{SUFFERED}|beaten(?: up)?)",
            rf"{ME}(?: \w+){{0,6}} (?:domestic|sexual|physical|child|emotional|childhood) (?:violence"
            rf"|abuse|assault)",
            rf"{ME}(?: \w+){{0,6}} abusive (?:relationship|marriage|home|childhood|ex|past)",
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
            rf"{ME}(?: \w+){{0,4}} (?:hear|hearing|heard|hears) (?:\w+ ){{0,2}}voices",
            r"^(?:still |keep |keeps |also )?hearing (?:\w+ ){0,2}voices",
            r"voices? (?:\w+ ){0,3}(?:tell|telling|tells|told|command|commanding|say|saying|whisper"
            r"|whispering) me",
            rf"{ME}(?: \w+){{0,5}} hallucinat\w+|my hallucinations",
            r"(?:seeing|see) (?:things|people|shadows|figures) (?:that|who) (?:arent|are not|others|nobody"
            r"|no one|isnt)",
            rf"{WATCHER} (?:is|are|keeps?) (?:\w+ )?{WATCHES} (?:me|messages|my)",
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
            rf"{ME}(?: \w+){{0,5}} (?:purge|purging|purged|binge and purge|laxatives)",
            r"(?:make|made|making) myself (?:throw up|vomit|sick|puke)",
            rf"{SUBJECT}(?: \w+){{0,3}} (?:anorexic|bulimic|anorexia|bulimia)",
            r"(?:stopped|stop|refuse to|afraid to|scared to) eat(?:ing)?$",
        ),
    ),
)
