"""Sentences of our own to learn names from, with slots; and ordinary lines without a name.

N a name of any shape, F a given name, L a surname, T a title, C a town, R a country or state,
A an address, S a street, O an organisation. A backslash and n is a line break.
"""

WITH_SLOTS = r"""
My name is {N}.
my name is {F} by the way
Hi, I'm {F}.
Hi {F}, how are you feeling today?
Hello {N}, thank you for reaching out.
Hey {F}! good to hear from you
Dear {T} {L}, I am writing because nothing seems to change.
Dear {N},
Thanks {F}, that helps a lot.
Thank you, {F}. I will try that.
{F}, what do you think about it?
I see, {F}. What happened next?
What you describe, {F}, sounds exhausting.
It is nice to meet you, {F}.
Welcome back, {F}. How was your week?
Goodbye {F}, take care.
{N}
Kind regards,\n{N}
Love,\n{F}
Yours sincerely,\n{N}\n{O}
- {F}
My husband {F} does not talk to me any more.
My wife {F} and I have been fighting since March.
my boyfriend {F} left me last week
My ex {F} keeps calling me at night.
My daughter {F} is nine and my son {F} is twelve.
I have two kids, {F} and {F}.
My best friend {F} told {F} about it.
my therapist {N} says I should write it down
My therapist, {T} {L}, moved to {C}.
I saw {T} {L} on Tuesday.
{T} {N} referred me to {O}.
I was diagnosed by {T} {L} at {O}.
My boss {N} yelled at me in front of everyone.
My boss is called {N}.
His name was {N} and he was kind.
Her name is {F}.
Someone named {F} texted me.
a girl called {F} from my class
They call me {F}.
Everyone calls him {F}, but his real name is {F}.
You can call me {F}.
I go by {F}.
I talked to {F} yesterday.
I told {F} that I need space.
I miss {F} so much.
I met {N} in {C} two years ago.
I can't stop thinking about {F}.
I hate {F}.
I had a dream about {F} again.
I love {F} but she doesn't love me.
I was with {F} and {F} at the beach.
I was at {F}'s house when it happened.
{F}'s mother called me names.
{F}'s brother died in a car accident.
We went to {F}'s wedding in {C}.
That is {F}'s fault, not mine.
It was {F} who found me.
It's {F}, not {F}.
Is {F} there?
Was it {F} or {F}?
Between {F} and me it is over.
Ask {F}.
{F} said that he was sorry.
{F} says I am too sensitive.
{F} and I broke up.
{F} and {F} are getting married in June.
{F} is my sister.
{F} is the only person I trust.
{F} has always been there for me.
{F} was drunk again.
{F} would never do that.
{F} does not believe in therapy.
{F} left.
{F} died last winter.
{F} keeps lying to me about money.
{N} is a good listener.
{N} won the prize last year.
{N} works at {O} in {C}.
{N} from {O} called about the job.
{N} of {O} will give the talk.
{N} of {C} wrote a letter.
{N} was born in {C} in 1950.
{N} lives in {C} with two cats.
{N} moved from {C} to {C}.
{N} (the landlord) never answers.
{N} wrote the book in 1987.
{N}, my neighbour, has a dog.
{N}: I don't know what to do.
{F}: hi\n{F}: hello
{F}: "Why did you leave?"
"I am tired," said {F}.
"Leave me alone!" shouted {F} at {F}.
"We will see," {N} answered.
"It works," says {N}.
according to {N}, sleep matters most
The song by {N} makes me cry.
I listened to {N} all night.
My favourite singer is {N}.
We have tickets for {N} in {C}.
The film with {N} was long.
a painting by {L}
{L} scored twice in the second half.
{L} and {L} published their results in 2004.
Names on the list: {N}, {N}, {N}.
The guests are {F}, {F}, {F} and {F}.
There were five of us: {F}, {F}, {F}, {F} and me.
I invited {N}, {N} and {N}.
Name: {N}
Name: {N}\nAddress: {A}
Patient: {N}\nDate: 3 May
Client name: {N}
Full name? {N}
What is your name? {N}
And your surname? {L}
First name: {F}, last name: {L}
Emergency contact: {N}
Contact {N} at the office.
Please ask for {N} at the desk.
Please change the name to {T} {N}.
The account belongs to {N}.
The card is in the name of {N}.
The name on the policy is {N}.
The letter was signed by {N}.
I would like to add {N} to the account.
I am {N} and I forgot my password.
This is {N} speaking.
This is {F} from {O}.
Can I talk to {N}?
Could you tell {N} that I called?
Tell {F} I said hi.
say hi to {F} for me
He was named {F} after his grandfather.
We named the baby {F}.
They want to name her {F}.
My grandmother {N} came from {C}.
My maiden name is {L}.
She is now {T} {L}.
{T} {N} is sixty years old.
{T} {L} teaches in {C}.
Attorney {N} took the case.
Detective {L} asked me questions.
Coach {L} shouted at us.
Judge {L} decided against me.
President {L} spoke in {C}.
the {L} family next door
The {L}s are nice people.
Mr. and Mrs. {L}
I was a patient of {T} {L} for years.
I told my psychiatrist {T} {N} about the voices.
{N}\n{A}
{N}\n{O}\n{A}
{T} {N}\n{A}\n{C}
{O}\n{A}\n{C}
> {N}\n> {A}\n> {C}
To: {N}\nFrom: {N}
CC: {N}
Author: {N}
Producer {N} told the magazine that it was fun.
Director {N} and actor {N} met in {C}.
The murder of {N} was never solved.
The trial of {L} began on Monday.
Fans of {N} waited in the rain.
Then {F} came in and sat down.
Yesterday {F} cried for an hour.
Today {F} asked me to move out.
Maybe {F} is right.
When {F} died I stopped eating.
If {F} finds out, he will hurt me.
Because {F} lied, I left.
After {F} was born I felt empty.
Since {F} moved to {C} I am alone.
Why does {F} do this to me?
Do you know {F}?
Did {F} hurt you?
Don't wait for {F}.
Remember what {F} told you, {F}.
Don't go, {F}!
Oh {F}, I am so sorry.
No, {F}, you are not a burden.
Yes {F}, of course.
Sorry {F} I was busy
ok {F} bye
thx {F}
lol {F} is crazy
So {F}, where do we begin?
Well, {F}, it depends.
Good morning {F}
goodnight {F}
I live in {C}.
I am from {C}.
I grew up in {C} and moved to {C}.
We moved to {C} last year.
I work in {C} now.
My parents live near {C}.
I was on holiday in {C}.
He is flying to {C} tomorrow.
She came back from {C} by train.
The weather in {C} is awful.
{C} is far away.
{C} is a beautiful city.
There is no help in {C}.
Is there a support group in {C}?
Any therapist around {C}?
Near {C} there is a lake.
the University of {C}
{C} Central Hospital
The people of {C} are friendly.
Have you ever been to {C}?
I love {C}.
I hate {C}, I want to go home.
{C}, {R}
I live in {C}, {R}.
We are going from {C} via {C} to {C}.
I live in {R}.
I am from {R} but I live in {C}.
{N} comes from {R}.
I live at {A}.
My address is {A}
Send it to {A}, please.
They moved to {A} in spring.
The office is at {A}.
We will meet at {A} at noon.
The shop is on {S}.
The clinic on {S} is closed.
The bus stops at {S} and {S}.
the house at the corner of {S} and {S}
He lives on {S}.
Turn left into {S}.
{A}
{A}\n{C}
{O} is at {A}.
The package for {N} went to {A}.
I work for {O}.
I work at {O} as a nurse.
I used to work with {F} at {O}.
{O} fired me.
{O} is a bank.
{O} is a software company based in {C}.
{O} and {O} merged in 2010.
The {O} concert was sold out.
I got a letter from {O}.
I applied to {O} and {O}.
I go to {O} for therapy.
{O} was founded in 1950 in {C}.
the {O} office in {C}
She left {O} to join {O}.
{N} joined {O} after two years at {O}.
My employer is {O}.
{L} and {L} were a strange couple.
{L} and {L} are my favourite writers.
{L} was a great singer.
{L} is the better doctor.
Who is the better player? {L} or {L}?
{F}: "Where were you?"\n{F}: "At home with {F}."
{F}: I can't sleep.\n{T} {L}: Since when?
{N}: "Stop it."
"Who is it?" - "It's {F}, let me in."
I'm {F}'s mother.
I am {F}'s new teacher.
"Come here!" said {F} to {F}.
{F} to {F}: call me
{F} whispered something to {F}.
{F} looked at {F} and laughed.
it was always about {F} and his problems
Everybody knew about him and {F}.
{F}'s kids are loud.
The seven of us went: {N}, {F}, {N} and {F}.
They had two: {N} and {N}.
We hired three: {F}, {F}, and {F}.
Song after song, {L} never disappoints.
Not by {N}, though.
As {N} writes, nothing is easy.
{N} showed up late.
{N} ate all the cookies.
{F} just wants to be left alone.
{F} has to work on Sundays.
{F}, please call me back.
{F}, can I ask you something?
{F}, come home!
Stop it, {F}!
See you, {F}
I know that {F} hates me.
I think {F} is depressed.
I wish {F} were here.
I feel that {F} ignores me.
my son {F}
my dog {F}
{F} (my brother) and {F} (my cousin)
{N}, {N}
{F}
{F} {F}
{N} ({C})
{N}\n\n{A}
{N}\n\nPhone:
{N}\nManager\n{O}
Guardian: {N}
The guardian of the child is {N}.
Student {N} missed school.
Agent {N} will call you.
User: {N}
Bot: Who are you? User: {N}
Agent: Your surname please? Client: {L}
Can you spell your last name? {L}
The Danish and French restaurants in {C} are good.
We'll meet at {O}, {A}.
We're meeting {F} at {O}.
I've seen {N} live in {C}.
I'd call {F} first.
Text {F} now.
Send {F} a short message: "Can you talk?"
Ask {F} to stay with you tonight.
Call {F} or {F} if it gets worse.
I texted {F}: "are you up?"
I just texted my neighbor {F}: no answer yet.
I'll wake {F} if I have to.
Did {F} answer yet?
Any word from {F}?
How is {F} doing today?
I'm glad {F}'s getting help.
I'm still mad at {F} about the money.
I keep thinking about what happened with {F}.
{F} here, sorry I'm late.
It's {F} again.
Hi. It's {F}. I can't sleep.
I'm here with you, {F}. Take your time.
Okay, {F}. One thing at a time.
All right. Thank you {F}. I'll see you next week.
- {F}: off until Monday
- To {F}: "Hey {F}! Free on Friday?"
- {F} (works nights)\n- {F} (my oldest friend)
1. Tell {F}\n2. Call {T} {L}
Invite {F} and maybe {F}.
My sister ({F}) and my dad ({F}) are away.
My little brother, {F}, is ten.
My friend ({F}) was there, too.
people i trust: {F}, {F}, my aunt
counselor: {T} {L}\nteacher: {T} {L}
Hi {T} {L},\nI was away last week.
I sent the form to {T} {L} and {T} {L}.
What {F} wrote above is right.
I agree with {F} that it takes time.
As {F} mentioned, there is no rush.
{F} is also right about sleep.
I like what {F} and {F} said here.
Take good care of yourself. {N}
Good luck to you! {N}, LMFT
I hope some of this is of use.\n{N}, PhD, LPC
All my best,{N}, MA
~{F}
~ {N}
-{F}
I wish you strength. ~{F}
the book "Long Nights" by {N}
In her book, {N} describes shame.
{N}'s book on grief helped me.
the work of {N} and {N}
{N}, the author, lost a child.
a quote by {N}: "Begin again."
{L} (1998) and {L} (2004) found no effect.
({L} 12) or ({L} and {L} 40)
{L} writes that fear spreads.
In the second act {F} accuses {N}.
{N} plays the judge and {N} the widow.
a film directed by {N} with {N} in it
I'd like to see something starring {L}.
An appointment with {L} {F}, please.
You could see {N}, a psychologist in {C}.
2 tickets for {N} on Friday
Send fifty dollars to {F}.
The money goes to {N}'s account.
""".strip().split("\n")

ORDINARY = """
I have been taking Zoloft and Lexapro since Monday.
My doctor said I have PTSD and Bipolar Disorder.
Christmas was hard. Easter will be worse.
I read The Body Keeps the Score last summer.
I use WhatsApp, Instagram and Facebook too much.
We tried CBT, DBT and EMDR.
Have you heard of Cognitive Behavioral Therapy?
Google says that it is Generalized Anxiety Disorder.
I am Catholic and my husband is Muslim.
I speak English and Spanish.
The American health system is broken.
My Mom and Dad never listen.
Grandma passed away in April.
God help me.
I play Minecraft and Fortnite all night.
The National Suicide Prevention Lifeline is there for you.
Call the Crisis Text Line.
I watched Harry Potter on Sunday.
I was in Army boot camp.
In High School I was bullied.
I study Psychology and English Literature.
Alcoholics Anonymous did not help.
On Friday we met for Thanksgiving dinner.
I feel like Sisyphus.
Black Lives Matter.
He works for Amazon, she works for Walmart.
I drive a Honda.
The New Year starts badly.
Buy Now, Pay Later!
WHY DOES NOBODY LISTEN TO ME
I CAN'T DO THIS ANYMORE
Title IX protects students.
Chapter Two: The Long Way Home
Step One: Breathe. Step Two: Notice.
Therapist: How are you? Client: Fine.
User: hi. Bot: How can I help you?
Senior Manager, Sales and Marketing
Experienced Teacher with Strong Communication Skills
The Civil Rights Act
the Second World War
Labor Day weekend
The Beatles and Queen are my favourite bands.
Mindfulness-Based Stress Reduction works.
Acceptance and Commitment Therapy
Sincerely, a tired mother
Hello There! Welcome To Our Forum.
Dear Anonymous, thank you for your question.
Best wishes
Kind Regards
I bought an iPhone and a MacBook from Apple.
Brexit and Covid changed everything.
The Internet is full of lies.
Satan, demons and angels
He is a Virgo and I am a Scorpio.
Pearson correlation and Bayesian statistics
The Maslow pyramid
a Rorschach test
Freudian slip
Children's books are the best.
We'll see.
We'll meet on Sunday at the Country Club.
I'll be there. You'll see. They'll come.
It's Labor Day. On Memorial Day we rest.
The Danish prince and the Belgian beer
Is the Spanish restaurant any good?
I am Bolivian. She is Moroccan, he is Filipino.
Website: see below. E-mail: none. Phone: none.
Thing is, I can't. Truth be told, I won't.
Senior Sales Representative
Nursing Assistant, Night Shift
Customer Service, Accounting Department
To Whom It May Concern
I don't know what to do.
It has been like this for months.
Sorry.
What should I do?
Everything hurts.
That was last week.
We talked for an hour.
Please help.
And then nothing.
Mm-hmm. Uh. Oh, right. Um, yeah.
Hmm, okay. Ah, I see. Ugh.
i dont know what else to do tbh
u r right lol
ok thx bye
Day by day it gets better.
Have a great day! You've got this.
The DMV, the IRS and HR
I made it. You made me smile.
Nothing else matters, no one else cares.
Psychology Today lists therapists.
Hope this helps.
Hope you feel better soon!
Will you be there? May I ask why?
Mark the day in your calendar.
Grace and joy take time. Faith helps me.
Bill payments are due. Rent, too.
Summer is over. Rose bushes need care.
Sky and sea, Amber and gold
Melody and rhythm calm me. Harmony matters.
Chase your dreams. Drew a picture today.
Pat yourself on the back. Art therapy works.
The Journal of Counseling Psychology
The Ethical Path to Better Sleep
Text HOME to the line.
Stay safe. Take care. Be kind.
Text now. Send it. Call later.
- Water\n- Phone\n- Blanket
Step 1: Name five things. Step 2: Wait.
Option A: rest. Option B: walk.
Period 3, Act II, Scene 1
""".strip().split("\n")
