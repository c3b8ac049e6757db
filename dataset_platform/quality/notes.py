"""Sentences that every report carries: how figures come about."""

METHODS = (
    "Semantic coherence. Sentence vectors and lengths give each reply a probability of being the real next "
    "turn rather than a reply from another conversation on the same topic, calibrated on equal numbers of "
    "both. "
    "The figure is the share of replies that answer their context, by maximum likelihood under a change "
    "of the "
    "class shares alone (Saerens, Latinne and Decaestecker 2002). A reply that says little either way "
    "moves it "
    "little. The rows 'estimated share where the truth is …' below show how well the share is recovered on "
    "labelled mixtures: replies shuffled within one narrow topic, or within one conversation, are mostly "
    "missed. A value at 1 is the estimate at its bound: no sign of foreign replies was found, which is less "
    "than a proof that there are none.",
    "Therapeutic appropriateness. (1 + C) / (2 + C + I) a conversation, where C and I are the weights of "
    "MI-consistent and MI-inconsistent behaviours, each counted once a turn; mean over conversations in "
    "which "
    "a behaviour was recognised. Edge cases are excluded: they are hard on purpose.",
    "Crisis flags. Share of conversations with a crisis flag that neither a rule nor a reviewer has"
    " resolved; "
    "edge cases, being deliberate, count as resolved. Flags come from a lexical triage that misses crises;"
    " its "
    "recall and false alarms stand beside it.",
    "Private data. Conversations with a hit of a kind whose measured precision is at least 0.9, so that a "
    "false "
    "alarm does not stop a clean release. Other kinds are listed, not judged. Names are looked for by lists "
    "and rules that masking does not have; recall is that on labelled sentences before masking, precision "
    "that on masked real turns. What a reviewer decided to keep is resolved.",
    "Bias. 1 minus the largest absolute gap among comparisons with 30 or more conversations a group. Quality "
    "gaps "
    "compare conversations that mention one group with those that mention another, and are confounded by "
    "whatever else differs; swap gaps replace the words of one group by the other's in the same "
    "conversations, also through the model that suspects crises, and should move no score by more than 0.05. "
    "Sentiment is how warmly replies react, EPITOME's emotional reactions.",
    "Overall. Mean of the gate figures that were measured, each on 0 to 1: coherence, appropriateness and "
    "bias "
    "as they are, crisis flags and private data as 1 minus the share of conversations.",
    "Beside the gates. Empathy and behaviours are the mean probability over replies, then over "
    "conversations; "
    "where the project has trained heads (`dataset-platform qa train-heads`), they score, else a "
    "lexical head "
    "whose weights were set by hand, and 'scored by' says which. A trained head's probabilities are "
    "calibrated; "
    "those of a lexical head only rank. Crisis handling is the share of three aspects that the replies right "
    "after a crisis turn show. Red lines are rules without a labelled set: how often they are right "
    "or miss is "
    "not known, how often they speak on real replies stands beside them.",
    "Label noise. A head on phrases tells therapists' turns from clients'. A reply counts that reads less "
    "like a therapist's than all but 1 in 200 did of those it was fitted on; roles count as swapped where "
    "the client's turns read likelier a therapist's than the replies do. Recall and false alarms on other "
    "sets with planted swaps stand beside both.",
    "Prevalence, corrected. Rogan and Gladen (1978): (share flagged - false-positive rate) / (recall - "
    "false-positive rate), cut to 0 and 1, with recall and false-positive rate of the validator on labelled "
    "data. The interval takes chance in all three into account. It holds as far as those rates do here: "
    "they were measured on users of forums, on single sentences or on synthetic ones, not on conversations "
    "like these.",
    "Changes since the version before. Differences with 95 % intervals from both reports' intervals "
    "(Newcombe 1998; Zou and Donner 2008), as if no row were in both releases; with many shared rows they "
    "are wider than need be. Where a validator has another version, or another head scored, nothing is "
    "compared.",
    "Review queue. A conversation waits where it fails a judgement of its own (an unresolved flag, private "
    "data, a red line, a crisis that no reply answers, behaviours to avoid that outweigh good ones, replies "
    "that answer nothing, broken order of roles) or is too near to call: odds within 1.5 times those of the "
    "threshold, or model and rule disagree on a crisis. What reviewers have settled does not wait.",
    "Intervals are 95 %. Coherence, appropriateness, bias and overall: bootstrap over whole conversations "
    "with "
    "a fixed seed, which covers chance in the sample and not the validator's own errors. Crisis flags and "
    "private data: Wilson.",
    "Edge cases are judged on format, on coherence, where the client's reply counts too, and on training "
    "value: the characters of replies that follow a turn, each counted once, that training learns from.",
)
