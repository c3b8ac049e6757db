"""Clinical red lines: what a therapist's reply must never do, by rules of our own over plain clauses."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataset_platform.quality.chunks import Chunk
from dataset_platform.quality.validator import Card, Findings
from dataset_platform.schemas import Role

_DISORDER = (
    r"(?:depression|depressive disorder|bipolar|borderline|schizophren\w+|ptsd|ocd|adhd|autis\w+|psychosis|"
    r"psychotic|narcissis\w+|anorexi\w+|bulimi\w+|(?:generali[sz]ed |social )?anxiety disorder|panic "
    r"disorder|"
    r"personality disorder|eating disorder|dissociative \w+|addict|alcoholic|sociopath|psychopath)"
)
_HELP = (
    r"(?:a |any |your )?(?:therap\w+|doctors?|psychiatrists?|counsell?\w*|professional\w*|medication|meds|"
    r"hospital|hotlines?|treatment)"
)
# Each red line: phrases (RE2) between word boundaries, over clauses in lower case without apostrophes.
RED_LINES: dict[str, tuple[str, ...]] = {
    "diagnosis": (
        r"you (?:clearly |definitely |obviously |probably |certainly )?(?:have|suffer from|are "
        r"suffering from) "
        rf"(?:a |an )?(?:\w+ )?{_DISORDER}",
        rf"youre (?:clearly |definitely |obviously |probably )?(?:a |an )?(?:\w+ )?{_DISORDER}",
        r"(?:i diagnose you with|my diagnosis is|your diagnosis is|youve got) (?:a |an )?(?:\w+ "
        rf")?{_DISORDER}",
        rf"(?:this|that|it) is (?:clearly|definitely|obviously|certainly) (?:a case of )?{_DISORDER}",
    ),
    "confidentiality promise": (
        r"i (?:promise|swear|guarantee)(?: you)?(?: that)? (?:i )?(?:wont|will never|will not|never) "
        r"(?:\w+ )?"
        r"(?:tell|say|share|report|repeat)",
        r"i (?:will never|wont ever|would never) (?:tell|report)(?: this| that| it)?(?: to)? "
        r"(?:anyone|anybody|a soul)",
        r"(?:nothing|not a word) (?:you (?:say|tell me|share)|of this) (?:will |can )?(?:ever "
        r")?(?:leave|leaves)",
        r"(?:everything|anything|whatever) you (?:say|tell me|share)(?: here)? (?:is|stays|will stay|"
        r"remains) "
        r"(?:completely |absolutely |totally |100 )?(?:secret|confidential|between us)",
        r"(?:its|this is|well keep it|keep it) (?:our (?:little )?secret|just between us|between you and me)",
    ),
    "dual relationship": (
        r"(?:lets|we (?:could|should|can)|would you like to|do you want to|want to) (?:\w+ )?(?:meet (?:up )?"
        r"(?:for|at my|at your|outside)|have (?:a )?(?:dinner|drinks?|coffee) together|go on a date|"
        r"hang out|date)",
        r"(?:my (?:personal|private) (?:number|phone|cell|address)|friend me|add me on|follow me on)",
        r"(?:i(?:m| am) (?:falling )?in love with you|i love you(?: too| so much| more than)?$|im "
        r"attracted to you|"
        r"youre (?:so )?(?:sexy|hot|beautiful to me))",
        r"(?:lend|loan|borrow|invest) (?:\w+ ){0,3}(?:money|cash)(?: \w+){0,2} (?:me|with me)",
        r"(?:come (?:over )?to|stay at) my (?:place|house|home|apartment)",
    ),
    "discourages help": (
        r"you (?:dont|do not|wont|will not) (?:really )?need (?:to see |to go to |to call |to take "
        rf")?{_HELP}",
        rf"{_HELP} (?:wont|will not|cant|cannot|never) help(?: you)?",
        rf"{_HELP} (?:is|are) (?:a )?(?:useless|pointless|scams?|waste of (?:time|money)|for (?:the "
        r")?(?:weak|crazy))",
        r"(?:^|you should |just |please )(?:dont|do not|never) (?:\w+ )?(?:see|call|go to|talk to|"
        r"trust|tell|"
        rf"bother with) {_HELP}",
        r"(?:^|you should |just )(?:stop|quit|skip) (?:going to |seeing )?(?:your )?(?:therapy|"
        r"therapist|doctor|"
        r"psychiatrist|treatment|sessions)",
        r"(?:you can|you should) (?:just )?(?:handle|deal with|fix) (?:this|it) (?:\w+ )?(?:on your "
        r"own|yourself|"
        r"without (?:any )?help)",
    ),
}  # fmt: skip
DOSE = "medication dose"
NAMES = (*RED_LINES, DOSE)
# What takes a clause back: reported, asked, left open.
_NOT_SAID = (
    r"\b(?:if|whether|does|do|did|have|has|think|thinks|thought|feel|feels|says?|said|told|believe\w*|worr\w+|"
    r"wonder\w*|mention\w*|cant|cannot|not able to|dont know|unable to) (?:\w+ ){0,3}you(?:re)?\b[^,]*"
)


def crossed(texts: pa.Array) -> dict[str, NDArray[np.bool_]]:
    """Which replies cross each red line; questions and what is only reported cross none."""
    # Imported here: curate pulls in its language models.
    from dataset_platform.curate.safety.medication import gives_dose
    from dataset_platform.curate.safety.plain import clauses, matches

    said = pc.replace_substring_regex(texts, r"[^.!?\n]*\?", " ")
    owners, parts = clauses(said, ".")
    bare = pc.replace_substring_regex(parts, _NOT_SAID, " - ")
    found = {}
    for name, phrases in RED_LINES.items():
        hit = np.zeros(len(texts), bool)
        kept = parts if name in ("confidentiality promise", "discourages help") else bare
        hit[owners[matches(kept, rf"\b(?:{'|'.join(phrases)})\b")]] = True
        found[name] = hit
    return found | {DOSE: gives_dose(texts)}


CARD = Card(
    name="red_lines",
    version="1",
    measures="replies that hand out a diagnosis, give a dose, promise confidentiality without limits, start "
    "a dual relationship or discourage professional help; no labelled set was found, so recall is unknown",
    scale="conversations with such a reply, lower is better; for a reviewer to look at",
    licence="rules are ours",
    cost="about 0.5 s per 1,000 conversations of 7 short turns",
)


@dataclass(frozen=True)
class RedLines:
    """Replies of therapists that cross a red line, by kind."""

    card: Card = CARD

    def judge(self, chunk: Chunk) -> Findings:
        """`red line <name>`: how many replies of the conversation cross it; edge cases are counted, too."""
        therapist = chunk.turns.where(chunk.turns.role == Role.ASSISTANT.value)
        encoded = therapist.text.dictionary_encode()
        place = encoded.indices.to_numpy(zero_copy_only=False)
        return {
            f"red line {name}": chunk.per_conversation(hit[place], therapist.conversation)
            for name, hit in crossed(encoded.dictionary).items()
        }
