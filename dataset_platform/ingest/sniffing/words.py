"""The words by which files name who speaks, what is said and what belongs together."""

import json
import re

from dataset_platform.schemas import Role

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_DIGITS = 1_000


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASSISTANTS = _set("""
    advisor adviser agent ai answerer assistant bot chatbot chatgpt clinician coach counsellor counselor
    doctor dr expert facilitator gpt helper interviewer listener mentor model nurse operator practitioner
    professional provider psychiatrist psychologist representative supporter teacher therapist tutor volunteer
    beraterin berater psicologa psicologo terapeuta therapeut therapeutin
    """)
_USERS = _set("""
    asker caller client customer helpseeker human interviewee op patient poster questioner seeker student
    user usr visitor
    cliente klient klientin paciente patientin paziente ratsuchende
    """)
# Words that name one side only when they stand alone: "Speaker 1" and "Speaker 2" are two sides.
_ALONE = {
    Role.ASSISTANT: frozenset({"a", "t", "th"}),
    Role.USER: frozenset({"c", "cl", "p", "participant", "person", "pt", "q", "speaker", "u"}),
    Role.SYSTEM: frozenset({"sys", "system"}),
}

SPEAKER_FIELDS = _set(
    "actor agent author from interlocutor participant party role sender side speaker sprecher who"
)
CONTENT_FIELDS = _set("body content line message msg said sentence speech text transcript utterance value")
LIST_FIELDS = _set("chat chosen conversation conversations dialog dialogue dialogs messages turns utterances")
QUESTION_FIELDS = _set("""
    ask client context domanda frage human input instruction patient post pregunta prompt query question
    request seeker user
    """)
ANSWER_FIELDS = _set("""
    answer antwort assistant bot chosen completion counsellor counselor gpt output reply response respuesta
    risposta target therapist
    """)
TITLE_FIELDS = _set("concept name term title word")
BODY_FIELDS = _set("content definition description explanation meaning summary")
REFUSED_FIELDS = _set("dispreferred negative rejected worse")
SYSTEM_FIELDS = {("system",), ("system", "prompt"), ("system", "message")}
GROUP_FIELDS = _set("call chat conv conversation dialog dialogue session sitzung thread ticket transcript")
PERSON_FIELDS = _set("client customer patient seeker subject user")
PLOT_FIELDS = _set("case scenario situation vignette")
PROFILE_FIELDS = _set("character persona profile")
ORDER_FIELDS = _set("idx index line nr number order position seq sequence step turn utterance")
ABOUT_FIELDS = _set("""
    behaviour behavior category count date exists id info label length link score source subtype tag tags
    time timestamp title topic type url
    """)
"""Words of fields that tell about what is said, and are not said."""

UNIQUE_FIELDS = _set("date id link time timestamp url")
"""Words of fields whose values tell records apart, and no kinds of them."""


def words(name: str) -> tuple[str, ...]:
    """The words of a name in lower case: `questionText` and `Question Text` have the same."""
    return tuple(word.lower() for word in _WORD.findall(name))


def side(name: str) -> Role | None:
    """Whose name it is by itself; None when it tells nothing, or too much."""
    parts = words(name)
    for role, alone in _ALONE.items():
        if len(parts) == 1 and parts[0] in alone:
            return role
    sides = {Role.ASSISTANT for word in parts if word in _ASSISTANTS}
    sides |= {Role.USER for word in parts if word in _USERS}
    return sides.pop() if len(sides) == 1 else None


def speaks_of(name: str, topic: frozenset[str]) -> bool:
    return not topic.isdisjoint(words(name))


def is_number(text: str) -> bool:
    """Whether a text is a whole number, and short enough for `int`, which refuses more than 4,300 digits."""
    return len(text) <= _MOST_DIGITS and text.isdecimal()


def query(*path: str) -> str:
    """The JMESPath query for a chain of field names from the record down; `@` for the record itself."""
    return (
        "@"
        if not path
        else ".".join(name if _PLAIN_NAME.fullmatch(name) else json.dumps(name) for name in path)
    )
