"""What each text rule does and must not do, as data: text before, text after the rule alone."""

from dataset_platform.curate.rules import Rule

CHANGED: dict[Rule, list[tuple[str, str]]] = {
    Rule.MOJIBAKE: [
        ("donâ€™t give up", "don’t give up"),  # noqa: RUF001
        ("cafÃ© au lait", "café au lait"),
        ("voilÃ  tout", "voilà tout"),
        ("I\x92m here", "I’m here"),  # noqa: RUF001
    ],
    Rule.COMPATIBILITY_CHARACTERS: [
        ("ｈｅｌｌｏ！ １０", "hello! 10"),  # noqa: RUF001
        ("oﬃce ﬁne", "office fine"),
        ("𝓱𝓲 𝟑", "hi 3"),  # noqa: RUF001
        ("ｶﾀｶﾅ", "カタカナ"),
        ("我很好，１０分！", "我很好，10分！"),  # noqa: RUF001
    ],
    Rule.HTML_ENTITIES: [
        ("Tom &amp; Ann &lt;3", "Tom & Ann <3"),
        ("&amp;amp;lt;b&amp;amp;gt;loud", "<b>loud"),
    ],
    Rule.HTML_TAGS: [
        ("one<br/>two<BR>three", "one\ntwo\nthree"),
        ("<p>first</p><p>second</p>", "\nfirst\n\nsecond\n"),
        ('see <a href="https://example.org?a=1">this</a>', "see this"),
        ("<style>p {color: red}</style>plain<!-- gone -->", " plain "),
    ],
    Rule.LINE_ENDS: [("a\r\nb\rc\x0cd\u2028e", "a\nb\nc\nd\ne")],
    Rule.CONTROL_CHARACTERS: [("be\x00ll\x07 rings\x1b", "bell rings")],
    Rule.INVISIBLE_CHARACTERS: [
        ("zero\u200bwidth\ufeff so\u00adft", "zerowidth soft"),
        ("left\u202eright", "leftright"),
        ("a\u200d b", "a b"),
    ],
    Rule.UNICODE_COMPOSITION: [("e\u0301te\u0301", "été")],
    Rule.MARKDOWN: [
        ("# Breathe\n\n## Twice ##x", "Breathe\n\nTwice ##x"),
        (
            "**bold**, *lean*, ***both***, __bold too__, _lean_, ~~gone~~",
            "bold, lean, both, bold too, lean, gone",
        ),
        (
            "read [this page](https://example.org/a_(b)) and ![a tree](/tree.png)",
            "read [this page](https://example.org/a_(b)) and a tree",
        ),
        ("read [this page](https://example.org/a)", "read this page"),
        ("run `pytest`:\n```sh\npytest\n```\nnow", "run pytest:\npytest\nnow"),
        ("* one\n• two\n- three\n1. four", "- one\n- two\n- three\n1. four"),
        ("above\n---\nbelow\n* * *\nend", "above\nbelow\nend"),
        ("- **Call 988** today", "- Call 988 today"),
    ],
    Rule.TRACKING_PARAMETERS: [
        ("see https://example.org/a?utm_source=x&q=1&fbclid=y#top.", "see https://example.org/a?q=1#top."),
        ("see www.example.org/?gclid=1", "see www.example.org/"),
    ],
    Rule.SIGNATURES: [
        ("Thanks.\n\nSent from my iPhone", "Thanks."),
        ("Bye\nGet Outlook for Android", "Bye"),
        ("ok\nSent from my SM-G960U using Tapatalk", "ok"),
        ("Take care.\n-- \nJo Doe\nexample.org", "Take care."),
        ("Yes.\nOn Mon, 3 May 2021 at 10:02, Jo wrote:\n> are you there?\n> hello?", "Yes."),
        ("Yes.\nThis e-mail and its attachments are confidential and\nfor the addressee.", "Yes."),
        ("Good point.\n____________________\nNever give up!", "Good point."),
        ("Hm.\nLast edited by jo; 03-04-2019 at 10:15 PM.", "Hm."),
        ("Sent from my iPad", ""),
    ],
    Rule.SPACES: [
        ("too \t  many\u00a0\u3000 blanks", "too many blanks"),
        ("line  \n  \n end", "line\n\nend"),
    ],
    Rule.BLANK_LINES: [("a\n\n\n\nb", "a\n\nb")],
    Rule.OUTER_SPACE: [("  \n trim me \t\n", "trim me")],
}

UNCHANGED = [
    "I love you <3",
    "x < y and y > z",
    "is a <b and c> d",
    "R&B, AT&T and Q&A;",
    "use List<String> here",
    "👩‍👩‍👧 family, ❤️ and 👍🏽",
    "می‌خواهم",  # a joiner that shapes Persian
    "naïve café, “quoted” — and so on…",
    "first\n\nsecond",
    "Привет, как дела?",
    "5 > 3 & 2 < 4",
    "¯\\_(ツ)_/¯",
    "2*3*4 is 24, f**k, p***a, s*** and ***",
    "my_old_name, __init__ and I feel _____ when you leave",
    "*their, sorry",
    "#depression is not #1 here",
    "[laughs](quietly) and [NAME_1] (and [EMAIL])",
    "- one\n- two\n\n1. three\n2) four",
    "> quoted\nand said",
    "| a | b |\n| 1 | 2 |",
    "Look at https://www.nami.org/help?topic=grief&page=2.",
    "He sent from my phone that awful text.",
    "I got a text sent from my iPhone yesterday, and then he left.",
    "This email made me cry. It was confidential, she said.",
    "I want to unsubscribe from everything, honestly, life too.",
    "你好，世界！",  # noqa: RUF001
    "no. 5, ½ cup, 20°C, 5 km², ™",
    "-- she said -- and left",
]

FRAGMENTS = [
    *("<br>", "</p>", "<b>", "&amp;", "&lt;", "br&gt;", "&#8203;", "â€™", "Ã ", "\r", "\u200d", "\u0301"),
    *(" \n", "\n", "\n\n\n", " ", "\t", "\u00a0", "é", "が", "ｶﾞ", "ﬃ", "！", "𝓱", "\x92", "\ufb2c", "👍🏽"),  # noqa: RUF001
    *("*", "**", "_", "__", "~~", "`", "```\n", "# ", "\n* ", "\n• ", "\n---\n", "[a](http://b.c/d)", "!["),
    *("https://a.bc/d?utm_source=e&f=1#g", "?fbclid=1", "www.x.yz", "(http://q.rs)", ".", ")", "word", "Two"),
    *("\nSent from my iPhone", "\n-- \n", "\n__________\nx", "Unsubscribe", "\n> q", "On Monday, Jo wrote:"),
]
