"""What the toxicity head looks at: attacks, near a group of people or a slur, and what speaks against one.

A text comes here in plain words, letters written apart joined again. Names of groups become one
word, `GROUP`, before anything else is looked at: which group it is cannot move the score, and naming one is
no attack. Groups and slurs are those of the tests that the head is fitted on, and some more.
"""

from dataset_platform.curate.safety.plain import any_of

GROUP, SLUR, CRUDE = "qgroup", "qslur", "qcrude"


def _misspelt(word: str) -> str:
    """The word, also with one inner letter left out or two of them swapped."""
    places = range(1, len(word) - 1)
    dropped = {word[:at] + word[at + 1 :] for at in places}
    swapped = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places if at + 1 < len(word)}
    return "|".join(sorted({word} | {form for form in dropped | swapped if len(form) > 3}))


def _misspelt_any(words: str) -> str:
    return "|".join(_misspelt(word) for word in words.split())


def _torn(words: str) -> str:
    """The words, also with spaces between their letters."""
    return "|".join(" ?".join(word) for word in words.split())


_PEOPLE = any_of(
    "people persons? folks? men man women woman guys? girls? boys? kids individuals lives life ones?"
)
_KINDS = any_of(
    "black white brown asian latino latina hispanic arab african mexican indian chinese japanese korean gay"
    " homosexual bisexual trans transgender transsexual disabled handicapped deaf blind autistic queer lgbt"
    " muslim islamic jewish christian catholic hindu sikh buddhist immigrant foreign refugee female gypsy"
    " roma native aboriginal indigenous mentally_ill old elderly poor homeless fat"
)
GROUPS = (
    rf"(?:{_KINDS}|gy|blck|blak|trns|tans) {_PEOPLE}"
    rf"|{_torn('women muslims muslim immigrants disabled transpeople blackpeople gaypeople')}"
    rf"|(?:{_misspelt_any('women woman females muslims muslim immigrants immigrant disabled lesbians')})"
    "|"
    + any_of(
        "gays? lesbians? homosexuals? bisexuals? blacks whites asians latinos? hispanics arabs? africans"
        " mexicans"
        " transgenders? jews? jewish christians? catholics? hindus? sikhs? refugees? foreigners migrants?"
        " migrant"
        " asylum_seekers? cripples? black gay trans feminists gypsies"
    )
)
SLURS = any_of(
    "niggers? niggas? coons? spics? chinks? gooks? kikes? ragheads? towelheads? pakis? wetbacks?"
    " camel_fuckers?"
    " sand_niggers? wogs? jigaboos? faggots? fags? dykes? trann(?:y|ies) shemales? retards? mongs?"
    " spastics? cripples?"
    " muzz(?:y|ies?) muzrats? rapefugees? sluts? whores? cunts? jihadis? redskins?"
)
CRUDES = any_of("bitch bitches bitchy queers? retarded lame tramp hoe hoes")
# Words in whose company a slur is an animal, a cigarette, a wall or an old adjective.
HOMONYMS = any_of(
    "dogs? puppy puppies vet canines? labrador sea beach river marsh\\w* embankments? dam flood\\w* sticks"
    " bundle meatballs?"
    " smoke smoking cigarettes? packet store lighter mouth notion trial odd strange feeling"
)

_HATE = (
    _misspelt_any("hate despise detest loathe hatred contempt disdain")
    + "|"
    + any_of(
        "hates? despises? loathing disgusts? scorn cant_stand sick_of make_me_sick makes_me_sick"
        " makes?_me_\\w*_?angry"
        " angry furious rage boil less_than_i like_less dislike resent abhor nothing_i_like_less"
    )
)
_VILE = (
    _misspelt_any(
        "disgusting repulsive despicable revolting pathetic repugnant sickening stupid filthy dishonest"
        " worthless inferior"
    )
    + "|"
    + any_of(
        "vile dumb dumbest gross foul awful evil cruel violent ignorant idiots? moron\\w* imbeciles? dirty"
        " ugly lazy"
        " criminals? terrorists? rapists? thieves liars? cowards? savages? worst annoying threat danger"
        " disease perverts?"
        " abominations? unnatural crazy insane useless losers? freaks? weak"
    )
)
_BEASTS = (
    _misspelt_any("vermin garbage parasites subhuman cancer cockroaches")
    + "|"
    + any_of(
        "scum dirt filth refuse trash pests? rats? animals? pigs? dogs? apes? monkeys? zoo vet swarms?"
        " infest\\w* creatures?"
        " plague parasite leeches virus landfill scumbags? waste less_than_human not_human look_human"
        " insects? locusts"
    )
)
_VIOLENCE = (
    _misspelt_any("murder strangle eradicate exterminate death shoot")
    + "|"
    + any_of(
        "kill\\w* stab\\w* shooting raped? raping hang hanged hanging hangall burn\\w* gas throats? neck"
        " attack\\w* slaughter"
        " put_an_end end_every wipe_out get_rid die todie deserve_to_die lynch\\w* beat\\w* bomb\\w*"
        " punish\\w* sterili[sz]ed"
        " castrate\\w* execute\\w* drown\\w*"
    )
)
_WORTH = any_of(
    "worth nothing no_value not_matter dont_matter no_place no_space not_belong dont_belong not_important"
    " shouldnt_exist should_not_exist no_rights never_trust arent_worth isnt_worth not_worth do_not_deserve"
    " dont_deserve should_not_be_allowed shouldnt_be_allowed not_be_important not_let be_illegal be_banned"
)
_OUT = any_of(
    "our_country this_country go_back get_out get_the_fuck_out deport\\w* send_them_back taking_over"
    " too_many invad\\w*"
    " our_jobs our_society civilised civilized civilisation civilization"
)
_GOOD = any_of(
    "smart smarter intelligent equal\\w* trusted? human good decent normal clever capable honest kind"
    " respect civil\\w*"
)
_NO = any_of("never not cant cannot no none nothing arent isnt wont dont shouldnt neither hardly")
_OBSCENE = any_of(
    "fuck\\w* fukc shit\\w* prick\\w* dickheads? bullshit assholes? arseholes? motherfuckers? bastards?"
    " cunts? crap damn\\w*"
)
_WARM = any_of(
    "adore love loves wonderful beautiful fantastic amazing great proud celebrate\\w* support\\w* respect"
    " kind compassionate"
    " smile welcome brave important look_up admire happy friends? equal_rights human_rights"
)
_AGAINST = any_of(
    "you_said you_say saying calling call_out called calls hatred_for your_contempt your_hate has_to_stop"
    " must_stop misguided"
    " shows_how not_okay not_ok unacceptable consequences disheartening cant_seriously seriously_believe"
    " lost_all_respect"
    " racis\\w* homophob\\w* sexis\\w* transphob\\w* misogyn\\w* islamophob\\w* bigot\\w* prejudice\\w*"
    " discriminat\\w* wrong"
    " told_me told_that people_who_say anyone_who someone_said he_said she_said they_said doesnt_count"
    " like_me use_the_word"
    " slurs? the_word offensive hurtful ignorant_to never_okay stop_telling how_dare hate_speech thing_to_say"
)
_AIMED = (
    rf"(?:all|these|those|you|most|every|any|typical|such|of an?|like an?|just an?|but an?|the|other|no|too"
    rf" many|common) "
    rf"(?:\w+ )?{GROUP}|{GROUP} (?:like|who|being|with|in charge|should|are|is|cant|can|have|do|must)"
    rf"|^{GROUP}|{GROUP}s? nature"
)

ATTACKS: dict[str, str] = {
    "hate": _HATE,
    "vile": _VILE,
    "dehumanised": _BEASTS,
    "violence": _VIOLENCE,
    "worthless": _WORTH,
    "driven out": _OUT,
    "denied good": rf"{_NO} (?:\w+ ){{0,4}}{_GOOD}",
    "obscene": _OBSCENE,
    "compared": any_of(
        "rather_have rather_die woke_up_as smarter_than before_testing than_be_anywhere better_than"
        " touched_by"
    ),
}
# Words that are written together with a neighbour to slip past a list.
_GLUED = "a|i|to|so|just|all|are|absolute(?:ly)?|total(?:ly)?|fuck"
_GLUED_AFTER = "all|these|those|you"
ATTACK = rf"\b(?:{_GLUED})?(?:{'|'.join(ATTACKS.values())})(?:{_GLUED_AFTER})?\b"
AGAINST = (
    rf"\b{_AGAINST}\b|\b(?:not|never|arent|isnt|dont|doesnt|shouldnt|nobody should|no one should) "
    rf"(?:be |a |all |any |really |ever |deserve to |\w+ing )?(?:{_HATE}|{_VILE}|{_BEASTS}|die|kill\w*)\b"
    rf"|\b(?:not all|no) {GROUP}|\b(?:i am|im|we are|we all|all us|my fellow|us) (?:\w+ ){{0,3}}(?:{SLUR}"
    rf"|{CRUDE})"
)
# A feature is present where all its patterns are found; attacks count near a group only.
FEATURES: dict[str, tuple[str, ...]] = {
    **{
        f"group, {name}": (GROUP, rf"\b(?:{_GLUED})?(?:{words})(?:{_GLUED_AFTER})?\b")
        for name, words in ATTACKS.items()
    },
    "group, attack aimed at it": (_AIMED, ATTACK),
    "group, warm words": (GROUP, rf"\b{_WARM}\b"),
    "group, denied warm words": (GROUP, rf"\b{_NO} (?:\w+ ){{0,4}}{_WARM}\b"),
    "slur": (SLUR,),
    "slur, aimed at": (
        rf"(?:you|your|are|nothing but|just|common|typical|too many|like|these|those|all|for) (?:\w+"
        rf" ){{0,3}}{SLUR}",
    ),
    "crude word": (CRUDE,),
    "crude word, aimed at": (
        rf"(?:nothing but|just an?|just another|common|typical|too many|for an?|these|all|like an?) (?:\w+"
        rf" )?{CRUDE}",
    ),
}
# Features that may only lower the score.
LESSENS = ("group, warm words",)
