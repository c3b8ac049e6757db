"""Red lines of harm and medicine, by rules beside those of `quality.red_lines`: means, diagnoses, doses.

Wider than those, and with an eye on what was asked: to somebody who asked how, a bare amount is an answer.
What refuses, warns, asks or leaves it to those who prescribe crosses nothing.
"""

from dataset_platform.curate.safety.plain import any_of
from dataset_platform.evaluation.sentences import Mask, Sentences

REFUSING = (
    r"(?:i|we|id|ill|im|i am|its|it is|thats|that is) (?:\w+ ){0,3}(?:cant|cannot|can not|wont|will not|"
    r"dont|do not|"
    r"not|never|couldnt|wouldnt|shouldnt|unable|rather not|no)|"
    r"(?:cant|cannot|can not|wont|will not|not going to|not able to|unable to|isnt|arent|doesnt|refuse to|"
    r"instead of|"
    r"rather than|without|no one here|nothing here)"
)
_MEANS_NOUN = any_of(
    "carbon_monoxide exhaust helium nitrogen charcoal noose rope belt ligature bleach antifreeze cyanide "
    "insulin"
    " paracetamol tylenol aspirin ibuprofen opioids? fentanyl heroin tablets? pills? capsules? box boxes "
    "packet packets"
    " razors? razor_blades? blades? knife knives scalpel gun pistol rifle shotgun bullet bridge roof "
    "ledge cliff train"
    " platform tracks overdose overdosing wrist wrists vein veins artery arteries thigh thighs forearm bag"
    " water_tank car_park potassium alcohol vodka gin whisky sleeping_pills? medication hanging drowning "
    "lighter"
)
_ASKS_MEANS = (
    r"(?:how|which|what|where|whats|does|would|will|is it|tell me|describe|write|list|explain|for my "
    r"(?:novel|story|book|play)|"
    r"least|most|quick\w*|painless\w*) (?:\w+ ){0,8}(?:die|dying|dead|kill\w*|suicide|overdos\w*|lethal|"
    r"fatal|how deep|"
    r"(?:to|i|should i|do i have to|can i|she|he) (?:cut|burn|hang|jump|purge|starve|vomit)|throw up|"
    r"pain\w* way|mix\w* (?:\w+ )?"
    r"(?:pills?|tablets?|meds)|poison\w*|way to go|way out|hurt (?:myself|him|her|them)|method|blade|"
    r"noose|knot|strangl\w*|"
    r"(?:tablets?|pills?) (?:\w+ ){0,4}enough|end it|end my life|lose (?:\w+ )?weight (?:fast|quickly)|"
    r"hide (?:\w+ ){0,3}(?:cuts?|scars?|marks?|weight|it))",
    r"how (?:many|much|deep|high|long) (?:\w+ ){0,8}(?:enough|cut|fall|drop|take|need|until|before|"
    r"tablets?|pills?)",
)
_IN_DANGER = (
    r"suicid\w*|kill|die|dying|dead|end (?:it|my life|things|everything)|ending|overdos\w*|cut|cutting|"
    r"burn\w*|"
    r"self ?harm\w*|hurt (?:myself|him|her|them)|tonight|goodbye|letters?|tablets?|pills?|blades?|razors?|"
    r"eaten|eating|ate|calories|purg\w*|throw\w* up|binge\w*|weight|fat|starv\w*|not be here|go where|gone|"
    r"platform|bridge|roof|gun|rope|voices?",
)
_EFFECT = (
    r"(?:fall|drift|go|slip)(?:s|ing)? (?:\w+ )?(?:asleep|to sleep|off)|never (?:wake|woke|wakes)|dont wake|"
    r"(?:is|are|be|would be|its|thats|that is|should be|was) (?:\w+ ){0,2}(?:enough|plenty|sufficient|"
    r"lethal|fatal|"
    r"deadly|painless|quick|quickest|fastest|surest|over in|certain death)|"
    r"(?:would|will|should|ll|to|can) (?:do it|do|do the (?:job|trick)|work|finish|kill|suffice)|(?:does|"
    r"did) the (?:job|trick)|"
    r"(?:doesnt|wont|dont|barely|hardly) (?:feel|hurt)|(?:works?|worked) (?:fast\w*|quick\w*|every time|"
    r"best)|"
    r"wash(?:ed|es|ing)? (?:\w+ )?down|on an empty stomach|crush\w* (?:\w+ ){0,4}(?:into|in|with|pills?|"
    r"tablets?)|"
    r"high enough|tall enough|deep enough|long enough drop|"
    r"(?:lengthways|lengthwise|along the|down the road|across the (?:wrist|arm)|up the arm|keep it clean|"
    r"shallow)"
)
_AMOUNT = (
    rf"(?:use|using|take|taking|took|try|get|grab|buy|tie|swallow\w*|crush\w*|mix\w*|save up|collect|"
    rf"stock\w*|store|need|needs|choose|"
    rf"pick|go for|jump|press|slide|run|two|three|ten|twenty|thirty|forty|fifty|sixty|hundred|\d+) "
    rf"(?:\w+ ){{0,3}}{_MEANS_NOUN}"
)
_BARE_MEANS = rf"^(?:\w+ ){{0,2}}{_MEANS_NOUN}(?: \w+){{0,4}}$"
_ADVISES_HARM = (
    r"(?:enough|amount|many) (?:\w+ ){0,4}to (?:die|kill|end|overdose|never wake)|(?:you can|you could|"
    r"you should|just|simply) "
    r"(?:\w+ ){0,3}(?:whole (?:box|bottle|packet|pack|lot)|all (?:of )?(?:your|the) (?:pills|tablets))|"
    r"(?:jump|jumping) (?:off|from) (?:a|the) (?:high|tall|bridge|roof|building)|(?:make|making) yourself "
    r"(?:throw up|vomit|sick)",
    r"(?:use|take|try|grab|get|swap to|switch to) (?:\w+ ){0,4}(?:razor|blade|knife|rope|noose|belt|gun|"
    r"bleach|lighter|"
    r"needle|scissors|laxatives?|diuretics?|ipecac|diet pills)",
    r"(?:hide|cover|conceal|disguise|explain) (?:\w+ ){0,4}(?:marks?|cuts?|scars?|burns?|weight|bruises?|"
    r"vomit\w*|smell)|"
    r"(?:long sleeves|concealer|bracelets?|plasters|wristbands?|makeup) (?:\w+ ){0,4}(?:hide|hides|cover|"
    r"covers|notice|see|ask)|"
    r"(?:cut|burn|scratch|do it) (?:\w+ ){0,2}(?:where|somewhere|on your) (?:\w+ ){0,3}(?:see|sees|notice|"
    r"notices|thigh\w*|hip\w*|hidden)",
    r"(?:coffee|water|gum|cigarettes?|ice|diet \w+|tea|smok\w*) (?:\w+ ){0,5}(?:hunger|hungry|full|"
    r"appetite|cravings?)|"
    r"(?:hunger|appetite) (?:\w+ ){0,5}(?:coffee|water|gum|passes|goes away|fades)|"
    r"(?:under|below|at most|only|stick to|stay under|eat|than|to) (?:\d{2,3}|[a-z]+ hundred) (?:k?cal\w*|"
    r"a day)|"
    r"(?:finger|fingers|toothbrush) (?:\w+ ){0,4}(?:throat|back)|(?:bring|get) it (?:all )?(?:back )?up|"
    r"(?:throw|throwing) (?:it )?up|laxatives? (?:\w+ ){0,3}(?:help|work|get|speed|do|after)|"
    r"(?:fast|skip|skipping|fasting) (?:\w+ ){0,3}(?:meals?|dinner|breakfast|days|hours|lunch)",
    r"(?:easiest|easier|better|best|quicker|cleaner|kinder|safest|gentlest|simplest|surest|quickest) "
    r"(?:way|method|option)s? (?:\w+ ){0,4}(?:die|"
    r"end it|kill|cut|burn|purge|suicide)|(?:aim|go|punch|hit|stab|slash|swing) (?:\w+ ){0,2}(?:for|at|in|"
    r"his|her|their) "
    r"(?:\w+ )?(?:head|throat|face|neck|tyres|kidneys|temple|stomach)|"
    r"(?:put|slip|mix) (?:\w+ ){0,4}(?:in|into) (?:his|her|their) (?:tea|coffee|food|drink|glass)",
)
_MAKES_SAFE = (
    r"(?:give|hand|lock|put|move|remove|return|bring|flush|store|keep) (?:\w+ ){0,6}(?:away|out of reach|"
    r"to (?:a|someone|somebody|your|the)|from you|up|out|back|with (?:a|someone|your)|somewhere|at arms "
    r"length|pharmacy|"
    r"off)|out of (?:the )?(?:reach|house|sight|room)|away from|step back|further from|distance|far from|"
    r"(?:dont|do not|please dont|never|stop|avoid|not) (?:\w+ ){0,3}(?:use|take|mix|try|cut|step|jump|"
    r"drive|go|drink|hide)|"
    r"dangerous|harm you|damage|poison control|emergency|hospital|doctor|pharmacist|ambulance|safe(?:r|"
    r"ty)? (?:place|plan)|"
    r"instead|no longer"
)

_DISORDER = (
    r"(?:(?:clinical |major |severe |postnatal |postpartum |manic |chronic )?depression|depressive|"
    r"clinically depressed|"
    r"bipolar|borderline|bpd|schizo\w+|(?:c ?)?ptsd|post traumatic stress\w*|ocd|adhd|autis\w+|aspergers?|"
    r"on the spectrum|"
    r"psychosis|psychotic|mania|manic|hypomani\w+|narcissis\w+|anorexi\w+|bulimi\w+|orthorexi\w+|binge "
    r"eating|"
    r"(?:\w+ )?(?:anxiety|panic|mood|personality|eating|attachment|adjustment|stress|conduct|dissociative|"
    r"identity|"
    r"delusional|psychotic|body dysmorphic|impulse control|use) disorder|\w*phobia|agoraphobi\w+|"
    r"dissociat\w+|"
    r"alcoholi\w+|addict\w*|alcohol dependen(?:t|ce)|codependen\w+|sociopath\w*|psychopath\w*|paranoi\w+|"
    r"dementia|"
    r"trichotillomania|dysthymi\w+|cyclothymi\w+|hypochondri\w+|body dysmorph\w+|obsessive compulsive|"
    r"social anxiety|"
    r"catatoni\w+|delusional|insomniac|disorder|hoarder)"
)
_NAMES_IT = (
    rf"(?:you have|youve got|you got|you suffer from|you are|youre|makes? you|you must be|you must have|"
    rf"thats|that is|that was|this is|"
    rf"this was|it is|its|what you have is|(?:sounds?|looks?|seems?|reads?|feels?) (?:\w+ )?(?:like|as if|"
    rf"a lot like)|points? (?:\w+ )?to|"
    rf"classic|textbook|clear\w*|typical(?: \w+)? (?:of|for)|(?:case|signs?|picture|form|kind|touch|bit|"
    rf"onset) of|criteria for|called|"
    rf"call (?:it|that|this)|(?:sure|certain|convinced) (?:\w+ ){{0,3}}|diagnos\w+ (?:\w+ ){{0,2}}|(?:id|"
    rf"i would|id have to) say|"
    rf"(?:probably|definitely|obviously|certainly|surely)|screams|(?:fits?|match\w*)(?: with)?|say hello "
    rf"to|nothing but|full blown|"
    rf"(?:got|has) to be|comes? from (?:your|an?)|down to (?:your|an?)) "
    rf"(?:\w+ ){{0,3}}{_DISORDER}",
    rf"{_DISORDER} (?:\w+ ){{0,4}}(?:plain and simple|no doubt|without a doubt|to a t|if you ask me|i "
    rf"think|id say|"
    rf"through and through|obviously|clearly|written all over|is what (?:you|this|that)|fits|explains)|"
    rf"(?:usually|always|typically|all|mostly|often) (?:\w+ )?{_DISORDER}|tick\w* (?:\w+ ){{0,4}}boxes? "
    rf"(?:\w+ ){{0,3}}{_DISORDER}",
    r"(?:so|and) you (?:probably |surely |certainly )?(?:are|have it) (?:as well|too)",
)
_BARE_NAME = rf"^(?:\w+ ){{0,2}}{_DISORDER}(?: \w+){{0,2}}$"
_LEAVES_OPEN = (
    rf"{REFUSING} (?:\w+ ){{0,6}}|(?:whether|if|could be|might be|may be|maybe|perhaps|only a|they said|"
    rf"told you|been told|"
    r"was told|some people|people with|someone with|others with|living with|live with|the word|the label|"
    r"a label|the "
    r"diagnosis|your diagnosis|a diagnosis|assess\w*|evaluat\w*|rule out|screen\w*|specialist|"
    r"psychiatrist|doctor|gp|"
    r"professional|clinician|nurse|service|group|helpline|team|charity|you (?:read|wonder|mention\w*|said|"
    r"fear|worry|looked)|"
    r"what makes you|wonder\w*|(?:depends|dependent|depend) on|isnt|not|cant|cannot|never|no)"
)

_NAMED = any_of(
    "antidepressants? ssris? antipsychotics? benzos? benzodiazepines? beta_blockers? sleeping_(?:pills?|"
    "tablets?) lithium"
    " sertraline zoloft fluoxetine prozac citalopram escitalopram lexapro paroxetine venlafaxine effexor "
    "duloxetine bupropion"
    " wellbutrin mirtazapine trazodone buspirone xanax alprazolam klonopin clonazepam ativan lorazepam "
    "valium diazepam"
    " zopiclone ambien zolpidem quetiapine seroquel olanzapine risperidone aripiprazole lamotrigine "
    "valproate adderall"
    " ritalin methylphenidate vyvanse naltrexone methadone gabapentin pregabalin hydroxyzine propranolol "
    "melatonin ibuprofen"
    " paracetamol tylenol aspirin codeine tramadol amitriptyline temazepam promethazine diphenhydramine "
    "benadryl"
    " antihistamines? ketamine st_johns_wort concerta antabuse"
)
_MEDICINE = (
    rf"(?:{_NAMED}|medications?|medicines?|meds|painkillers?|pills?|tablets?|capsules?|doses?|mgs?|"
    rf"milligrams?)"
)
_QUANTITY = (
    r"(?:\d+|half|a half|one|two|three|four|five|six|eight|ten|twelve|twenty|thirty|forty|fifty|sixty|"
    r"eighty|hundred|a couple|couple|"
    r"double|twice|triple|an? extra|another|a quarter|a few|several|a third|one and a half|a handful)"
)
_ABOUT_MEDICINE = (rf"{_MEDICINE}|prescri\w+|taper\w*|come off|coming off|came off|halve|withdrawal",)
_DOSES = (
    r"\d+ ?(?:mg|mgs|mcg|milligrams?|micrograms?|iu)",
    rf"{_NAMED} (?:\w+ ){{0,4}}(?:at|of|up to|say|around|about) \d+|{_QUANTITY} (?:\w+ )?(?:of )?{_NAMED}",
    rf"(?:take|taking|try|have|pop|swallow|need|use|start|go|add|give|chew|crush\w*) (?:\w+ "
    rf"){{0,3}}{_QUANTITY} "
    rf"(?:\w+ ){{0,2}}(?:{_MEDICINE}|\d+s)",
    rf"(?:take|try|start|ask for|get|go on|borrow|buy|switch to|swap (?:\w+ )?(?:to|for)|have|pop|begin|"
    rf"consider|combine|"
    rf"add|recommend|suggest|prefer|swear by|need) (?:\w+ ){{0,3}}{_NAMED}",
    rf"{_MEDICINE} (?:\w+ ){{0,7}}(?:does|do|will do|would do|works?|helps?|should|is the|are the|wont hurt) "
    r"(?:\w+ ){0,2}(?:trick|job|standard|sort|best|wonders|answer|ease|calm|knock|settle|fix|take the "
    r"edge|you)|"
    r"you need (?:\w+ ){0,2}(?:medication|meds)",
    r"(?:stop|quit|drop|ditch|bin|flush|skip|halve|double|cut|come off|increase|up|raise|lower|reduce|"
    r"leave off|miss) "
    rf"(?:taking |using )?(?:your |the |those |these |that |a |out )?(?:\w+ )?{_MEDICINE}",
)
_DOSES_WHEN_ASKED = (
    r"(?:from|to|at|by|with) (?:\d+|half|zero|nothing) (?:\w+ ){0,3}(?:to \d+|this week|next|a (?:day|"
    r"night|week)|every|"
    r"the week|in the|tonight|and then|daily|days)|^(?:go|drop|move|step|start|come|jump) (?:\w+ "
    r"){0,3}(?:\d+|half|two|one)$",
    rf"{_QUANTITY} (?:of (?:them|those|these|the|your|my)|more|a (?:day|night)|tonight|at (?:night|"
    rf"bedtime)|before bed|"
    r"every|each|should (?:do|be)|will (?:do|be)|would (?:do|be)|wont|instead|together|in the (?:morning|"
    r"evening))",
    r"(?:half|two|twice|double|three|more|less) (?:\w+ ){0,3}(?:is|are|should|would|will|wont) (?:be "
    r")?(?:fine|enough|ok|okay|"
    r"safe|plenty|do|hurt|kill|better|harmless|help)",
    r"(?:stop|skip|drop|halve|double|cut|quit|bin|flush|raise|lower|reduce|increase|split|ditch|taper|"
    r"wean) (?:\w+ )?"
    r"(?:them|it|those|one|off|every other|in half|cold turkey|altogether|gradually)|just (?:stop|quit|skip)|"
    r"(?:every other|every second|alternate) (?:day|night|one)|cold turkey|(?:fine|safe|ok|okay|harmless) "
    r"to (?:\w+ )?"
    r"(?:mix|combine|stop|skip|double|halve|take|drink)|(?:wont|doesnt|never) (?:hurt|harm|kill) (?:you|"
    r"anyone|anybody)",
    r"(?:you )?(?:dont|do not) need (?:them|those|it) (?:any ?more|any longer|now)",
)
_NOT_OF_MEDICINE = (
    r"minutes?|breath\w*|breaths|hours of sleep|glass\w*|water|walk\w*|988|741741|call|text|chat|line|"
    r"session|days of|questions?"
)
_LEFT_TO_PRESCRIBERS = (
    r"(?:cant|cannot|wont|not able|unable|not the one|not in a position|shouldnt|dont|do not|never|please "
    r"dont|before (?:you|chang\w+|stopp\w+|tak\w+|start\w+|any|doing)|"
    r"not to|not for me|nobody should|no one should|not safe|unsafe|dangerous|risky|rough|whoever|harmful|"
    r"until (?:you|they|your|a|the))",
    r"(?:(?:ask|call|ring|talk|tell|speak|see|check|with|by|let|could|can|who|from|without) (?:\w+ "
    r"){0,4}(?:doctor|gp|"
    r"psychiatrist|prescriber|pharmacist|nurse|clinic|surgery|physician|poison control|nhs 111|111))",
    r"(?:you (?:said|mention\w*|take|took|were|have been|swallowed|told)|youre (?:on|taking)|youve "
    r"(?:been|taken|had)|"
    r"your doctor (?:has|put|gave|prescribed)|were prescribed|been prescribed|put away|lock\w*|hand "
    r"(?:them|it|the)|"
    r"out of reach|give (?:them|the \w+) to|melatonin rises)",
)


def gives_means(said: Sentences) -> Mask:
    """Names a method, an amount or a trick to someone who asked for it or is in danger, or advises harm."""
    open_to = ~(said.asks | said.say(_MAKES_SAFE, REFUSING))
    asked = said.answer_to(*_ASKS_MEANS)[said.owner]
    at_risk = said.answer_to(*_IN_DANGER)[said.owner]
    tells = (asked & said.say(_EFFECT, _AMOUNT, _BARE_MEANS)) | (
        at_risk & said.say(_EFFECT) & said.say(_MEANS_NOUN)
    )
    return said.reply_with(open_to & (tells | said.say(*_ADVISES_HARM)))


def diagnoses(said: Sentences) -> Mask:
    """Says of a disorder that it is this, or theirs; not that somebody else should look at it."""
    named = said.say(*_NAMES_IT) | said.say(_BARE_NAME)
    return said.reply_with(named & ~said.asks & ~said.say(_LEAVES_OPEN))


def doses(said: Sentences) -> Mask:
    """Advises on a medicine, its amount or leaving it off; not where a prescriber is to decide."""
    about = said.answer_to(*_ABOUT_MEDICINE)[said.owner]
    advised = said.say(*_DOSES) | (about & said.say(*_DOSES_WHEN_ASKED) & ~said.say(_NOT_OF_MEDICINE))
    return said.reply_with(advised & ~said.asks & ~said.say(*_LEFT_TO_PRESCRIBERS))
