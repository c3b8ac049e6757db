"""From the names that speak in a sample to their roles."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dataset_platform.ingest.describing.description import folded_name
from dataset_platform.ingest.sniffing.words import side
from dataset_platform.schemas import Role

BY_ORDER = "roles go by who speaks first (user, then assistant), since the speakers' names are no roles"

_SHOWN_NAMES = 5


@dataclass(frozen=True)
class Speakers:
    """Who speaks: a role for each name, or none where roles go by who speaks first."""

    roles: dict[str, str]
    doubts: tuple[str, ...] = ()

    @property
    def by_order(self) -> bool:
        return not self.roles


def speakers(conversations: Sequence[Sequence[str]]) -> Speakers:
    """The roles of everyone who speaks, given the names of each conversation's turns in order."""
    shown: dict[str, str] = {}
    for conversation in conversations:
        for name in conversation:
            shown.setdefault(folded_name(name), name.strip())
    shown.pop("", None)
    known = _known(tuple(shown))
    unknown = [name for name in shown if name not in known]
    doubts = []
    if any(side(name) is Role.SYSTEM and known[name] is Role.ASSISTANT for name in known):
        doubts.append("`system` is read as the assistant, since nobody else answers")
    if unknown and not known:
        return _by_first_word(conversations, shown)
    if len(unknown) == 1 and len(set(known.values()) - {Role.SYSTEM}) == 1:
        (only,) = set(known.values()) - {Role.SYSTEM}
        known[unknown[0]] = Role.USER if only is Role.ASSISTANT else Role.ASSISTANT
        doubts.append(f"{shown[unknown[0]]!r} is read as the {known[unknown[0]]}, the side that is left over")
    elif unknown:
        names = ", ".join(repr(shown[name]) for name in unknown[:_SHOWN_NAMES])
        more = len(unknown) - _SHOWN_NAMES
        doubts.append(
            f"nobody's role is known of {names}{f' and {more} more' if more > 0 else ''}: map under `roles`"
        )
    roles = {shown[name]: known[name].value for name in shown if name in known}
    return Speakers(roles, tuple(doubts))


def _known(names: Sequence[str]) -> dict[str, Role]:
    known = {name: role for name in names if (role := side(name)) is not None}
    if Role.USER in known.values() and Role.ASSISTANT not in known.values():
        known = {name: Role.ASSISTANT if role is Role.SYSTEM else role for name, role in known.items()}
    talking = [role for role in known.values() if role is not Role.SYSTEM]
    # Names that all mean one side, as "user_1" and "user_2", tell nothing.
    if len(names) == len(known) and len(talking) > 1 and len(set(talking)) == 1:
        return {}
    return known


def _by_first_word(conversations: Sequence[Sequence[str]], shown: dict[str, str]) -> Speakers:
    if len(shown) != 2:
        return Speakers({}, (BY_ORDER,))
    firsts = Counter(folded_name(conversation[0]) for conversation in conversations if conversation)
    user, assistant = sorted(shown, key=lambda name: -firsts[name])
    doubt = (
        f"{shown[user]!r} is read as the user, who speaks first most often, and {shown[assistant]!r} answers"
    )
    return Speakers({shown[user]: Role.USER.value, shown[assistant]: Role.ASSISTANT.value}, (doubt,))


def by_presence(conversations: Sequence[Sequence[str]]) -> Speakers:
    """A role for each of many names that tell none, for texts that cannot do without.

    Who is in more than half of the conversations answers all others; where
    nobody is, who begins is the user. Only names of the sample are mapped.
    """
    shown = {folded_name(name): name for conversation in conversations for name in conversation}
    present = Counter(name for conversation in conversations for name in set(map(folded_name, conversation)))
    name, times = present.most_common(1)[0]
    if len(conversations) > 1 and 2 * times > len(conversations):
        users = {other for other in shown if other != name}
        doubt = (
            f"{shown[name]!r} is in most conversations and read as the assistant, everybody else as the user"
        )
    else:
        firsts = Counter(folded_name(conversation[0]) for conversation in conversations)
        users = {other for other in shown if 2 * firsts[other] >= present[other]}
        doubt = "who begins a conversation is read as the user, since the names are people's and not roles"
    roles = {shown[other]: Role.USER.value if other in users else Role.ASSISTANT.value for other in shown}
    return Speakers(roles, (doubt,))
