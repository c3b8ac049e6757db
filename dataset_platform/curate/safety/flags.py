"""The closed lists of safety: flags of a conversation, how grave a crisis is, and how it was answered."""

from enum import IntEnum, StrEnum


class Flag(StrEnum):
    """What a conversation holds. A flag never removes a row by itself; `BLOCKED` alone says that one goes."""

    ABUSE = "crisis_abuse"
    EATING_DISORDER = "crisis_eating_disorder"
    HARM_TO_OTHERS = "crisis_harm_to_others"
    OVERDOSE = "crisis_overdose"
    PSYCHOSIS = "crisis_psychosis"
    SELF_HARM = "crisis_self_harm"
    SUICIDE = "crisis_suicide"
    MEDICAL_DOSE = "medical_dose"
    SEXUAL_MINORS = "sexual_minors"
    SEXUAL_MINORS_DOUBT = "sexual_minors_doubt"
    TOXIC = "toxic"


CRISIS = "crisis_"
BLOCKED = Flag.SEXUAL_MINORS
CRISIS_FLAGS = tuple(flag for flag in Flag if flag.startswith(CRISIS))


class Severity(IntEnum):
    """How grave a crisis is, by the gravest sign in any turn of the client.

    NONE      no sign, or one that is denied, told of the distant past, or only talked about
    LOW       a wish to be dead without a thought of doing it; a past attempt, long ago; worry about someone
              else; abuse that is over
    MODERATE  active thoughts of doing harm; self-harm; abuse that goes on; voices or delusions now
    HIGH      means, a plan, a date, preparation, intent, an attempt or an overdose; threat to a life
    """

    NONE = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3


class Response(StrEnum):
    """What the replies to a crisis do: all of it in the turns right after what the client said."""

    ACKNOWLEDGES = "acknowledges"
    ASSESSES = "assesses"
    POINTS_TO_HELP = "points_to_help"
