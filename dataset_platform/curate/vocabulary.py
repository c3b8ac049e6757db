"""Words that a tagger takes for names in chats, and places too large to identify a person."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in " ".join(text.split()).split(","))


# Greetings, interjections, kin, days, months, illnesses, therapies, medicines and chat spellings.
NOT_A_NAME = _words("""
i im i'm ive i've ill i'll id i'd iam me my we you your he she it they them us our his her a an the
and or but if so then than that this these those there here what who whom whose when where why how
which while because is am are was were be been being do does did done doing have has had having can
could will would shall should may might must not no nor yes yeah yea yep yup nope nah ok okay okey k
kk alright alrighty sure right well hi hii hiya hello helo hey heya hai howdy hola greetings welcome
goodbye bye goodnight goodmorning morning good afternoon evening night gn gm thanks thank thankyou
thx ty please pls sorry congrats congratulations cheers oh ooh oooh ooo oof ah aah aww aw hmm hm mm
mhm um umm uh uhm er ugh wow woow whoa yay haha hahaha lol lmao rofl omg idk tbh imo imho btw brb
fyi asap ya yo ye u ur r y n nd bc cuz cos coz tho thru gonna wanna gotta dunno kinda sorta ofcourse
thats that's its it's whats what's hows how's whos lets let's dont don't cant can't wont won't didnt
didn't doesnt doesn't isnt isn't wasnt wasn't couldnt wouldnt shouldnt havent hasnt arent youre
you're theyre god gosh jesus christ lord allah buddha bible christmas easter thanksgiving halloween
ramadan xmas mom mum mommy mummy mama mother dad daddy papa father parent parents sister sis brother
bro son daughter baby grandma grandpa grandmother grandfather granny nana aunt auntie uncle cousin
niece nephew husband wife hubby boyfriend girlfriend bf gf bff ex partner spouse fiance fiancé
friend friends buddy dude man guy girl boy kid kids sir madam ma'am miss mr mrs ms dr doctor doc
prof professor teacher boss manager coach therapist counselor counsellor psychologist psychiatrist
nurse client patient listener supporter helper user assistant system monday tuesday wednesday
thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun january february march
april may june july august september october november december jan feb mar apr jun jul aug sep sept
oct nov dec today tomorrow yesterday tonight now spring summer autumn winter fall covid covid-19
covid19 corona coronavirus virus pandemic quarantine lockdown vaccine flu depression depressed
depressive anxiety anxious panic stress stressed ptsd cptsd ocd adhd add autism autistic asd bpd
bipolar borderline schizophrenia schizophrenic psychosis mania manic anorexia bulimia insomnia
trauma grief therapy counseling counselling psychotherapy psychology psychiatry cbt dbt act emdr ifs
rebt mbct mindfulness meditation yoga zoloft prozac lexapro celexa xanax ativan klonopin valium
lithium seroquel abilify wellbutrin sertraline fluoxetine escitalopram adderall ritalin ambien
melatonin ssri ssris maoi aa na er icu dsm dsm-5 nami samhsa cps lgbt lgbtq lgbtqia trans gay
lesbian bi queer straight christian christianity catholic muslim islam islamic jewish judaism hindu
hinduism buddhist buddhism atheist google facebook instagram twitter tiktok snapchat whatsapp
youtube reddit discord zoom skype tinder bumble netflix spotify amazon uber youtuber internet wifi
tv pc cv hr gpa sat phd ma ba bs mba vp ceo it usa us uk eu nyc love hope faith joy grace happy sad
angry mad scared afraid lonely alone tired exhausted fine great nice cool awesome amazing perfect
exactly absolutely definitely totally agreed true really very just also still even maybe perhaps
probably actually basically honestly seriously anyway however therefore furthermore moreover
remember consider try trying imagine think thinking feel feeling feelings understand glad excited
proud interested going doing having getting looking working talking seeing sounds sound feels seems
see know talk tell say ask listen take make give go come keep let start stop help need want like
hear heard sharing share always never ever everyone everybody someone somebody anyone anybody nobody
people life work job school college university class exam exams home house family relationship
marriage divorce money health mental body sleep food first second third next last one two three four
five six seven eight nine ten many much more most some any all both each every other another same
such only own too again once back up down in out on off over under with without for from to of at by
as into onto about after before during until since between through against step goal goals tip tips
note question answer session homework worksheet exercise plan summary part chapter p.s. ps aka etc
vs faq q q: a: self ego id mindful gratitude compassion self-care selfcare self-esteem name friend's
dear guys folks y'all yall all
""")

# Of these, what parents call a child, too.
GIVEN_TOO = _words("grace hope joy faith april may june autumn summer will jan love mark")

# Nationalities, languages, medicines, apps and services that are no names either.
NOT_A_NAME |= _words("""
american english british french german spanish italian dutch danish swedish norwegian finnish polish
russian czech hungarian greek turkish chinese japanese korean indian mexican canadian australian
african asian european irish scottish welsh portuguese brazilian arabic hebrew latin hispanic latino
latina latinx vietnamese thai iranian persian chechen ukrainian romanian bulgarian serbian croatian
austrian swiss belgian egyptian moroccan nigerian kenyan cuban jamaican filipino pakistani bengali
tamil hindi urdu mandarin cantonese episcopal baptist methodist lutheran mormon orthodox protestant
chantix zyban citalopram percocet vicodin oxycontin methamphetamine cocaine heroin fentanyl suboxone
methadone trazodone gabapentin risperidone quetiapine lamictal lamotrigine effexor cymbalta paxil
buspar hydroxyzine propranolol famotidine pcp mcdonalds mcdonald's applebee's walmart costco target
starbucks lyft instacart doordash ebay paypal venmo etsy pinterest quora tumblr linkedin headspace
wysa telehealth e-mail mm-hmm mm-mm uh-huh uh-uh x-ray meds math self-help samaritans lifeline
hotline helpline inhale exhale hold merry happy kia ora tai chi
mturk safari firefox chrome labor day major psalm psalms isaiah corinthians romans genesis veterans
counselors journaling codependent caretaking regardless pedophelia misophonia christians gottcha
betterhelp talkspace pokies nicorette psedoseizures christma jalapeño negroni
woebot sanvello zencare revaree momcozy siri alexa cuáles también consejería
ie ph wi-fi ha gee santa fomo ngl fkn qs line quick specialty little long tea agua get away soon
yourself you're
tengo proveo planifica identifica segundo tercero te tal mi le desorden profesional conductual
gusta rico puerto puedes puede quizás si sí
consejero protección comienza narrativa sugerencia encuentra nada estrés unidos traumático unfortunatley
exaclty eventhough noone cialis viagra velcro polio barbie pocahontas romans midwest mt va cómo qué
pero así muchas necesito debería tiene estuve consejera licenciada
""")

# Feelings, and the field's own terms, which a knowledge base writes with a capital. Words that are
# also given names or surnames (Joy, Power) are not among them: a mask too many is the smaller harm.
TERMS_OF_THE_FIELD = _words("""
acceptance accommodation activation adaptive addiction affect affirmation agency aggression alliance
alexithymia ambivalence anhedonia anger anticipatory anxiety apathy appraisal arousal assertive
assimilation attachment attunement autonomic autonomy avoidance avoidant awareness awe behavioral
behavioural belonging bereavement bias boredom boundaries boundary breathing brooding burnout
bypassing calm caregiver catharsis challenge change classical closeness cognition cognitive cohesion
collaborative comfort coherence coercion complicated compulsion compulsive conditioning confidence
confidentiality conflict confrontation congruence conscience consent containment contempt contingency
control coping countertransference courage craving crisis curiosity defence defense defensive
delusion denial dependence depersonalisation depersonalization depressive deprivation derealisation
derealization despair detached disgust disorganised disorganized displacement dissociation dissonance
distance distancing distress diversity double dread dream dual dysphoria dysregulation ego
embarrassment emotion emotional empathic empathy empowerment empty enactment envy equanimity ethics
evidence-based executive existential exposure externalising externalizing extinction family fear
feedback flashbacks flooding forgiveness formulation freeze friendship
frustration fusion genogram genuine grandiose grief grounding group growth guided guilt habit
habituation harm healing helplessness holding homeostasis hopelessness humility hyperarousal
hypervigilance hypoarousal identity imagery immediacy impulse impulsivity inner insecure insight
instrumental integration intellectualisation intellectualization intergenerational internal
internalising internalizing interpersonal intimacy intrusive isolation jealousy labelling labeling
learned learning limbic listening locus loneliness longing loss magical maladaptive
mastery meaning memory mentalising mentalizing metacognition microaggression mind mindfulness mirror
mood motivation motivational mourning multicultural narrative neglect negative neuroplasticity
neutrality normalising normalizing nostalgia numbness observing obsession open operant
optimism oppositional outcome overgeneralisation overgeneralization overthinking pacing panic
paradoxical paraphrase paraphrasing parasympathetic passive perfectionism perspective
pessimism phobia pleasure polyvagal positive primary privacy problem process
procrastination projection projective protective psychodynamic psychoeducation psychological punishment
purpose rage rapport rationalisation rationalization readiness reactance reaction reactive reading
reappraisal reassurance recovery reflection reflective reframing regression regret regulation
reinforcement relapse relational relaxation relief reluctance rejection repair reparenting
repression resentment resilience resistance response responsibility restorative reward risk ritual
role rolling rumination rupture sadness safe safety scaling schema secondary secure selective
self-compassion self-disclosure self-efficacy self-monitoring self-worth sensory separation
shadow shame social socratic solution solution-focused somatic splitting stages stigma stimulus
strength strengths stress stressor structural sublimation suffering summarising summarizing
supervision suppression sympathetic systemic systems tactile temperament tension termination
therapeutic therapist thought thoughts tolerance toxic transference transition trauma traumatic trigger
triggers trust unconditional unconscious unfinished urge validation values vicarious vigilance
vulnerability warmth willingness window withdrawal worry worthlessness yearning
""")
# Endings of abstract nouns; a word of eight letters or more with one of them is no name.
ABSTRACT_ENDINGS = (
    "tion", "tions", "sion", "sions", "ism", "ness", "ment", "ments", "osis", "ology", "therapy",
    "phobia", "ising", "izing", "gram",
)  # fmt: skip

# Countries, states, continents and the names people use for them.
PUBLIC_PLACES = _names("""
africa, antarctica, asia, europe, north america, south america, central america, latin america,
oceania, middle east, far east, caribbean, scandinavia, balkans, western europe, eastern europe, the
west, the east, earth, world, afghanistan, albania, algeria, andorra, angola, argentina, armenia,
australia, austria, azerbaijan, bahamas, bahrain, bangladesh, barbados, belarus, belgium, belize,
benin, bhutan, bolivia, bosnia, bosnia and herzegovina, botswana, brazil, brunei, bulgaria, burkina
faso, burma, burundi, cambodia, cameroon, canada, cape verde, chad, chile, china, colombia, comoros,
congo, costa rica, croatia, cuba, cyprus, czech republic, czechia, denmark, djibouti, dominica,
dominican republic, ecuador, egypt, el salvador, england, eritrea, estonia, eswatini, ethiopia,
fiji, finland, france, gabon, gambia, georgia, germany, ghana, great britain, greece, greenland,
grenada, guatemala, guinea, guyana, haiti, holland, honduras, hungary, iceland, india, indonesia,
iran, iraq, ireland, israel, italy, ivory coast, jamaica, japan, jordan, kazakhstan, kenya,
kiribati, korea, kosovo, kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho, liberia, libya,
liechtenstein, lithuania, luxembourg, madagascar, malawi, malaysia, maldives, mali, malta,
mauritania, mauritius, mexico, moldova, monaco, mongolia, montenegro, morocco, mozambique, myanmar,
namibia, nepal, netherlands, new zealand, nicaragua, niger, nigeria, north korea, north macedonia,
northern ireland, norway, oman, pakistan, palestine, panama, papua new guinea, paraguay, peru,
philippines, poland, portugal, qatar, romania, russia, rwanda, samoa, saudi arabia, scotland,
senegal, serbia, seychelles, sierra leone, singapore, slovakia, slovenia, somalia, south africa,
south korea, south sudan, spain, sri lanka, sudan, suriname, sweden, switzerland, syria, taiwan,
tajikistan, tanzania, thailand, tibet, togo, tonga, trinidad, trinidad and tobago, tunisia, turkey,
türkiye, turkmenistan, uganda, ukraine, united arab emirates, uae, united kingdom, uk, u.k., great
britain, britain, united states, united states of america, usa, u.s.a., us, u.s., america, the
states, uruguay, uzbekistan, vanuatu, vatican, venezuela, vietnam, wales, yemen, zambia, zimbabwe,
hong kong, puerto rico, soviet union, ussr, eu, european union, alabama, alaska, arizona, arkansas,
california, colorado, connecticut, delaware, florida, hawaii, idaho, illinois, indiana, iowa,
kansas, kentucky, louisiana, maine, maryland, massachusetts, michigan, minnesota, mississippi,
missouri, montana, nebraska, nevada, new hampshire, new jersey, new mexico, new york state, north
carolina, north dakota, ohio, oklahoma, oregon, pennsylvania, rhode island, south carolina, south
dakota, tennessee, texas, utah, vermont, virginia, washington state, west virginia, wisconsin,
wyoming, ontario, quebec, british columbia, alberta, manitoba, saskatchewan, nova scotia, new
brunswick, newfoundland, queensland, new south wales, victoria, tasmania, western australia, south
australia, bavaria
""")
