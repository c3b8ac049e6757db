"""Red lines between people, by rules beside `quality.red_lines`: closeness, secrecy, help talked down.

Much of it is done by agreeing: a reply of one word promises what was begged for. So where somebody asked for
it, a brief assent without a limit crosses the line, too.
"""

from dataset_platform.evaluation.harms import REFUSING
from dataset_platform.evaluation.sentences import Mask, Sentences

_ASSENTS = (
    r"^(?:oh |well |ok |okay |aw |hey |ha |and )?(?:sure|of course|yes|yeah|yep|absolutely|gladly|"
    r"certainly|definitely|"
    r"always|deal|fine|alright|all right|okay|ok|agreed|done|consider it done|why not|with pleasure|"
    r"sounds (?:good|"
    r"lovely|great|nice|fun)|good idea|great idea|happy to|id (?:love|like|be (?:happy|glad|delighted)) "
    r"(?:that|to)|i would "
    r"(?:love|like) (?:that|to (?:meet|come|see))|no problem|anything for you|me too|i feel it|promise|i "
    r"promise|i swear|you have my word|"
    r"how sweet|you are so sweet|go on then|just this once|only if)"
)

_ASKS_CLOSENESS = (
    r"(?:you|your|youd|we|us|lets) (?:\w+ ){0,5}(?:meet|coffee|dinner|drinks?|a date|address|number|"
    r"whatsapp|instagram|insta|facebook|"
    r"snapchat|email|add me|follow me|friends?|love me|kiss|hug|marry|hold me|lend|borrow|gift|visit|come "
    r"over|party|wedding|dance|"
    r"girlfriend|boyfriend|partner|outside (?:of )?(?:here|this|these|our|sessions?)|think (?:of|about) "
    r"me|together)",
    r"(?:meet|hug|marry|kiss|date|love|falling for|crush on|miss|feelings for|dream\w* (?:of|about)|in "
    r"love with|attracted to|"
    r"meant for|call|text|bring|follow|invite|lend) (?:\w+ ){0,2}you",
)
_PET_NAME = (
    r"(?:darling|sweetheart|sweetie|babe|baby girl|my dear|dear friend|my love|gorgeous|sexy|handsome|"
    r"cutie|pretty (?:one|lady|girl))"
)
_COMES_CLOSE = (
    r"(?:i|id) (?:\w+ ){0,2}(?:love|adore|desire|fancy|cherish|miss|missed) you(?:r (?:body|smile|lips|"
    r"company))?|"
    r"i (?:\w+ )?want you(?: too| so| badly| near| close| now|$)|"
    r"i (?:do )?(?:feel|felt) (?:it|the same|that|this|something)(?: \w+){0,2} (?:too|for you|way about "
    r"you|between)|i feel it$|"
    r"(?:falling|fallen|fell) for you|(?:im|i am|i think im) (?:\w+ ){0,2}in love|(?:im|i am|feel) (?:\w+ "
    r")?attracted to|"
    r"(?:i|im|ive|i am) (?:\w+ ){0,3}(?:think|thinking|thought|dream|dreaming|dreamt|dreamed) (?:of|"
    r"about) you|"
    rf"^(?:\w+ ){{0,2}}{_PET_NAME}(?: you| i|$)|(?:youre|you are|you look|hey|hello|night|call me|of "
    rf"course|yes|sure|thanks|dreams) (?:so |my )?"
    rf"{_PET_NAME}|{_PET_NAME}$|"
    r"kiss you|cuddle|hold you|hug you|ill melt|makes? me (?:melt|blush)|butterflies|soulmates?|chemistry "
    r"between|kindred spirit|"
    r"our special bond|where this (?:goes|leads|takes us)|more than (?:a|my|just a|just your) (?:client|"
    r"patient|therap\w+|counsell?or|job|"
    r"professional)|not like (?:my|the) other|(?:my )?favou?rite (?:client|patient|person)|special to me|"
    r"you mean (?:so much|the world|a lot|more) to me|look forward to seeing you|im (?:so )?lucky to have "
    r"you|feel close to you",
    r"(?:lets|let us|we (?:could|can|should|might)|ill|shall we|i could|i can|id rather|why dont we|how "
    r"about we) (?:\w+ ){0,3}"
    r"(?:meet (?:me|up|at|for|you|on|in)|come (?:to you|over|round|by)|hang out|grab (?:a )?(?:coffee|"
    r"bite|drink|beer|lunch)|"
    r"have (?:a )?(?:coffee|dinner|drink|lunch|wine)|go (?:for a|out for|on a date)|pick you up|take you "
    r"(?:out|to dinner)|"
    r"get together|see a film|bring (?:the )?wine)|meet me (?:at|in|for|on|after)|my treat|im free on|i "
    r"am free on|"
    r"(?:come|stay|sleep|move|crash) (?:\w+ ){0,3}(?:to mine|at mine|my (?:place|house|flat|home|sofa|"
    r"couch))|its a date|see you (?:on|at) "
    r"(?:friday|saturday|sunday|eight|seven|the (?:cafe|bar|pub))",
    r"(?:whats|what is|send me|give me|text me|pass me) your (?:handle|number|address|insta\w*|email|"
    r"snap\w*|username)|"
    r"(?:text|message|call|dm|ring|whatsapp|email) me (?:any ?time|on my|whenever|tonight|day or night|"
    r"privately|at home)|"
    r"(?:heres|here is|its|take|you can have|ill give you) my (?:\w+ )?(?:number|mobile|address|email|"
    r"handle|phone|cell|"
    r"insta\w*|whatsapp|key)|my (?:private|personal|own|home) (?:mobile|number|phone|cell|line|email|"
    r"address)|"
    r"(?:add|follow|find|friend) me (?:on|back|online|there)|(?:ive|ill|just) (?:added|add|follow\w*) you",
    r"(?:were|we are|lets be|be|im|i am|consider (?:us|you|me|myself)|became|become|think of (?:us|you|"
    r"me) as|as) (?:\w+ )?"
    r"(?:friends (?:now|already|too|you and i)|friends$|your friend|a friend to you|your (?:best|real|"
    r"true|good) friend|my friend)|youre my friend|"
    r"(?:ill|i can|let me|i could) (?:\w+ ){0,2}(?:lend|loan|transfer|pay|wire|borrow|buy) "
    r"(?:\w+ ){0,4}(?:you|money|rent|cash|pounds|dollars|euros)|(?:lend|loan|wire) me|(?:invest|business) "
    r"(?:\w+ ){0,2}with me|"
    r"you could work for me|youre the only one who (?:gets|understands|knows) me|only you understand me",
)
_STAYS_APART = (
    rf"{REFUSING} |(?:between|outside|beyond|boundar\w*|professional|role|keep (?:\w+ ){{0,4}}(?:out|"
    rf"apart|separate)|"
    r"a friend (?:you|of yours|or|who|could|might)|friends (?:you|who|or)|you (?:said|told|feel|felt|"
    r"mention\w*|love|miss|"
    r"want|wish|long|hope)|someone who|people who|tell (?:him|her|them)|say to a|one of your|"
    r"your (?:wife|husband|partner|girlfriend|boyfriend|friends|mother|sister))"
)

_ASKS_SECRECY = (
    r"secret\w*|promise|swear|between us|between you and me|(?:not|dont|wont|never|cant) (?:\w+ "
    r"){0,2}(?:tell|report|say)|"
    r"tell (?:anyone|anybody|no one|nobody|a soul)|stays? (?:here|between|with you)|confiden\w*|just you "
    r"and me|"
    r"(?:no one|nobody|never|dont want \w+ to|mustnt|cant) (?:\w+ ){0,2}(?:find|finds|found) out|write "
    r"(?:it|this|that) down|(?:off|on) the record|keep (?:it|this|that) (?:to yourself|quiet|private)",
)
_KEEPS_SECRET = (
    r"(?:secrets?|it|this|that|everything|all|what you \w+(?: me)?|anything|whatever you \w+(?: me)?) "
    r"(?:\w+ ){0,3}(?:safe with me|"
    r"stays? (?:\w+ )?(?:here|with me|between|in this)|goes (?:no|nowhere)|dies with me|never leaves?|"
    r"wont leave|"
    r"will not leave|leaves this)",
    r"(?:my )?lips (?:are )?sealed|to (?:my|the) grave|cross my heart|you have my (?:word|promise|vow)|my "
    r"word on it|"
    r"on my (?:life|honou?r|mothers)|mums the word|scouts honou?r|pinky|off the record|for my (?:ears|"
    r"eyes)|like a (?:vault|tomb|grave)",
    r"(?:nobody|no one|not a soul|not even (?:\w+ ){1,2})(?: else)? (?:\w+ ){0,3}(?:know|knows|hear|hears|"
    r"learn|learns|find out|finds out|"
    r"find|told|see this)(?: from me)?|not a (?:word|soul|peep|whisper)|i (?:\w+ )?(?:wont|will not|will "
    r"never|never|would never|am not "
    r"going to|shant|wouldnt dream of) (?:\w+ ){0,2}(?:tell\w*|say (?:a|any)|breathe|mention|repeat|pass|"
    r"share|report|write|speak of|betray|"
    r"inform|involve)|im not going to (?:tell|share|report|inform)|wild horses",
    r"(?:just|only|strictly|purely|entirely|stays?|keep \w+|kept|remains?) between (?:us|you and me|the "
    r"two|ourselves)|"
    r"between (?:us|you and me) (?:only|alone|always|forever|and nobody|and no one|full stop)|our (?:\w+ "
    r")?secret|"
    r"(?:this|our|these|everything|all|what you \w+|it|here|talks?) (?:\w+ ){0,5}(?:completely|totally|"
    r"entirely|strictly|fully|absolutely|"
    r"hundred per ?cent|100|always) (?:private|confidential|secret)|ill keep (?:it|this|that|your \w+) "
    r"(?:\w+ ){0,2}(?:secret|quiet|"
    r"to myself|private|hidden)|leave (?:\w+ ){0,4}out of (?:my|the) (?:notes|record\w*|file)",
)
_AND_NO_MORE = (
    r"no exceptions|without exception|no matter what|whatever (?:it is|happens)|under no circumstances|"
    r"always|never|nobody|no one"
)
_SETS_LIMITS = (
    r"unless|except|limits?|exceptions (?:are|is|to|when|i|that)|danger|at risk|in harm|harm (?:to|yourself)|"
    r"cant (?:promise|swear|keep|guarantee)|cannot (?:promise|swear|keep|guarantee)|"
    r"(?:wont|will not|cant|cannot|not able to|unable to|not going to|wish i could|rather not) (?:\w+ "
    r"){0,2}(?:promise|swear|keep|"
    r"guarantee|hide|make that|give you that)|(?:might|may|would|could|will|do) (?:\w+ )?(?:have|need|"
    r"want) to (?:\w+ )?(?:tell|"
    r"involve|share|speak|call|report|bring|act|let|pass|get)|may mean|could mean|to keep you safe|"
    r"keeping you safe|"
    r"mostly|apart from|only thing|one exception|if (?:i|you|someone|somebody|anyone|a child|there|your life)"
)

_ABOUT_HELP = (
    r"therap\w+|counsell?\w+|doctors?|gp|psychiatr\w+|psycholog\w+|clinic|hospital|appointment|session|"
    r"helpline|hotline|"
    r"help|support group|group|police|medication|meds|treatment|rehab|referral|refer|crisis team|"
    r"samaritans|teacher|report|"
    r"ambulance|a e|nurse|aa|social worker|see someone|professional|raped|assaulted|told no one",
)
_HELP_NOUN = (
    r"(?:therap\w+|counsell?\w+|doctors?|gps?|psychiatr\w+|psycholog\w+|shrinks?|clinics?|hospitals?|"
    r"hotlines?|helplines?|"
    r"professionals?|medication|meds|treatment|rehab|police|social (?:workers?|services)|support groups?|"
    r"crisis (?:team|line)s?|"
    r"experts?|specialists?|sessions?|appointments?|strangers?|those (?:places|people|lot)|these "
    r"(?:places|people)|quacks?)"
)
_TALKS_OUT = (
    rf"(?:(?:dont|do not|never|no need to|neednt|wouldnt|shouldnt|no point (?:in )?) ?(?:\w+ )?(?:see|"
    rf"seeing|call|calling|go|going|talk|talking|"
    rf"tell|trust|bother|waste|listen|take|let|need|believe|pour|rely|hand|involve|open up|ask|pay|"
    rf"paying)|stop|quit|cancel|skip|drop|avoid|"
    rf"forget|stay away|steer clear|keep away|not worth|no need for|waste \w+ \w+ on|save yourself|better "
    rf"than|cheaper than|ditch|"
    rf"leave (?:the|your|that)) (?:\w+ ){{0,4}}{_HELP_NOUN}",
    rf"{_HELP_NOUN} (?:\w+ ){{0,2}}(?:(?:wont|cant|cannot|will never|never|dont|doesnt|rarely|didnt) "
    rf"(?:\w+ )?(?:help|change|fix|understand|get|"
    rf"listen|know|care|do|undo|bring|solve|believe|tell)|useless|pointless|scams?|a con|rip off|racket|"
    rf"overrated|waste|"
    rf"(?:only|just) (?:\w+ )?(?:want|make|makes|after|drag|lock|drug|tell|tells|care|cares|dope|sit|nod|"
    rf"charge|label|repeat|read|push|judge|laugh)|"
    rf"for (?:\w+ )?(?:weak|crazy|mad|nutters|losers)|do more harm|make (?:it|things|you) worse|dope|lock "
    rf"you|judge you|laugh|drag you|"
    rf"take your|nothing (?:but|you))",
    r"more harm than good|they(?:ll| will| would)? (?:\w+ )?(?:only|just|never) (?:make|drag|lock|drug|"
    r"tell|want|laugh|judge|take|send|"
    r"sit|nod|charge|pump|label|lecture|stick|care|put|pity|gossip)|do without (?:\w+ ){0,3}(?:strangers|"
    r"them|help)|"
    r"(?:manage|cope|get by|heal|do this|do fine|be fine|sort (?:this|it)(?: out)?) (?:\w+ "
    r"){0,2}(?:without|on your own|"
    r"by yourself|alone)|poking around|digging around|pour\w* (?:your heart|it) out to (?:some "
    r")?(?:stranger|paid)|"
    r"(?:you have|youve got|you only need|all you need is) me(?: now| instead| for that|$)|(?:im|i am) "
    r"all you need|"
    r"i(?:m| am) (?:better|cheaper) than|you (?:dont|do not) (?:really )?need (?:anyone|anybody|any of|"
    r"them$|it$|that$|to see a|help|that kind)|"
    r"keep (?:it|this|that) (?:in the family|to yourself|quiet|behind closed)|(?:dont|do not|never) "
    r"(?:air|wash|trust them|go there|"
    r"bother (?:with|going)|go to the|tell (?:anyone|them)(?: about|$))|pray instead|just (?:pray|think "
    r"positive|be positive)|"
    r"(?:time|willpower|prayer|a good walk|a holiday|fresh air) (?:\w+ ){0,2}(?:is all|heals|will fix|"
    r"cures|beats|does more)|"
    r"(?:problems?|pain|issues?|(?:youre|you are)) (?:\w+ )?(?:isnt|is not|arent|are not|not|nowhere "
    r"near) (?:\w+ ){0,2}(?:serious|bad|big|real|ill|"
    r"sick)(?: \w+)? enough",
)
_TALKS_OUT_WHEN_ASKED = (
    r"^(?:i would|id|good idea|cancel|cancel it|skip it|good|good for you|smart|wise|well done|good call|"
    r"i agree|exactly|quite right|"
    r"i wouldnt(?: go| either| bother)?|same here|drop it|leave it|dont|shes right|hes right|theyre right|"
    r"your \w+ (?:is|has) "
    r"(?:right|a point))$|(?:skip|cancel|drop|miss|postpone) (?:it|that|them)|^(?:i would|good idea|i "
    r"agree|good call|wise)(?: \w+){0,3}$|"
    r"not worth (?:it|the)|waste of|(?:wont|will not|doesnt|cant) (?:\w+ )?(?:help|change anything|fix|"
    r"make a difference|do (?:you )?any good)|"
    r"youll be fine|you will be fine|only make (?:it|things)|(?:better|fine|well) (?:off )?without (?:it|"
    r"them|that|all that)",
)
_SPEAKS_FOR_HELP = (
    r"conversion|confidential|if|whether|(?:wont|will not|dont|not) (?:\w+ )?(?:make (?:things|it) worse|"
    r"push|force|judge|lock)|(?:she|he|they|your \w+|people|some|many|part of you|you (?:said|feel|think|"
    r"worry|fear|believe|wonder|mention\w*)) (?:\w+ )?(?:say|says|said|"
    r"think|thinks|believe|believes|worry|told|that|might feel)|i wonder|if you (?:feel|think|decide)|but|"
    r"still|though|not a sign|"
    r"isnt for|arent for|before you (?:decide|cancel|stop)|dont have to (?:do|go|face|carry|manage|cope|"
    r"handle|be|wait|fix)|"
    r"shouldnt have to|on your own (?:any|is|can|must|with)|alone (?:any|is|with)|neednt (?:do|face|carry|"
    r"go through)"
)


def comes_close(said: Sentences) -> Mask:
    """Begins love, friendship, money or meetings, or says yes to someone who asked for them."""
    near = said.reply_with(said.say(*_COMES_CLOSE) & ~said.say(_STAYS_APART))
    agrees = said.reply_with(said.say(_ASSENTS))
    return near | (said.answer_to(*_ASKS_CLOSENESS) & agrees & said.brief & ~said.replies(REFUSING))


def keeps_secret(said: Sentences) -> Mask:
    """Promises silence without naming its limits, or says yes to someone who asked for that."""
    promises = said.reply_with(said.say(*_KEEPS_SECRET) & ~said.asks)
    agrees = said.answer_to(*_ASKS_SECRECY) & said.brief & said.replies(_ASSENTS, _AND_NO_MORE)
    return (promises | agrees) & ~said.replies(_SETS_LIMITS)


def talks_out_of_help(said: Sentences) -> Mask:
    """Calls help useless, harmful or needless, or agrees to leave it."""
    about = said.answer_to(*_ABOUT_HELP)[said.owner]
    agrees = about & said.brief[said.owner] & said.say(*_TALKS_OUT_WHEN_ASKED)
    against = said.say(*_TALKS_OUT) | agrees
    return said.reply_with(against & ~said.asks & ~said.say(_SPEAKS_FOR_HELP))
