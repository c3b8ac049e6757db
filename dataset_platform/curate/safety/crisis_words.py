"""Words of which the signs of crises are made, as RE2 patterns over clauses in plain words."""

from dataset_platform.curate.safety.plain import any_of

SUBJECT = any_of("i im ive id ill")
ME = any_of("i im ive id ill me my myself")
FEW = r"(?: \w+){0,4}?"
# What may stand between me and a word like suicidal: few words in f, s or y, so no `you` or `she`.
NEAR = (
    r"(?: (?:[a-eg-hj-rt-xz0-9]\w*|feel\w*|for|from|still|so|severely|started|struggl\w*|suffer\w*|such|some"
    r")){0,6}?"
)
SELF = any_of("myself my_self my_arms? my_wrists? my_legs? my_thighs? my_skin my_body")
KIN = any_of(
    "husband wife partner boyfriend girlfriend bf gf ex father dad stepfather stepdad mother mom mum"
    " stepmother parents? brother sister uncle cousin grandfather boss teacher coach roommate neighbou?r"
    " coworker"
)
YOUNG = any_of("son daughter child kid friend niece nephew student best_friend")
LOVED = rf"(?:my|our) (?:\w+ )?(?:{KIN}|{YOUNG})"
SOMEONE = (
    rf"(?:him|her|them|someone|somebody|everyone|people|my (?:\w+ )?(?:kids?|children|baby|family|{KIN}))"
)
ABUSER = rf"(?:he|she|they|who|my (?:\w+ )?{KIN})"
OFTEN = r"(?:(?:has|have|had|always|often|still|would|just|sexually|physically|also|then|even) ){0,3}"
HITS = any_of(
    "hits beats chokes strangles punches slaps kicks rapes molests abuses assaults gropes threatens"
)
HIT = any_of(
    "hit beat choked strangled punched slapped kicked raped molested abused assaulted groped threatened"
)
SUFFERED = any_of(
    "raped molested abused sexually_abused physically_abused emotionally_abused sexually_assaulted"
    " groomed trafficked"
)
WANT = any_of(
    "want wanted wanting wanna wish wished wishing ready decided need think_about think_of thinking_about"
    " thinking_of thought_about thought_of thoughts_about thoughts_of urge_to urges_to feel_like felt_like"
    " feeling_like consider considered considering contemplate contemplated contemplating tempted_to"
)
INTEND = any_of(
    "going_to gonna plan_to plan_on planning_to planned_to planning_on about_to intend_to will ready_to"
    " decided_to prepared_to"
)
TRIED = any_of("tried_to tried try trying_to attempted_to attempted")
TAKE_LIFE = any_of(
    "kill_myself kill_my_self killing_myself end_my_life ending_my_life end_my_own_life take_my_life"
    " take_my_own_life taking_my_own_life commit_suicide committing_suicide commiting_suicide commit_sucide"
    " hang_myself hanging_myself shoot_myself shooting_myself drown_myself slit_my_wrists? slit_my_throat"
    " cut_my_wrists off_myself ctb end_it_all ending_it_all"
)
TOO_MANY = any_of("too_many a_bunch_of a_handful_of all_the all_my the_whole_bottle_of a_bottle_of a_lot_of")
PILLS = any_of("pills? tablets meds medication tylenol paracetamol xanax opioids? heroin fentanyl ambien")
WATCHER = any_of("cia fbi government police neighbou?rs? tv radio they")
WATCHES = any_of("watching spying_on following tracking poisoning controlling sending")
MEANS = any_of("gun pills rope noose knife blade bridge razor")
