"""Whether an action takes up something of its post, or is a line that fits any ("Set clear goals and communicate
openly with everyone involved").

An action takes up a post if they share a word that is no advisers' commonplace, or two words side by side. A post does
not hold every word for what it is about, so an action with some more such words (``generate.checks.own_words``) passes
as well: nobody writes these for every post. Figures on 6,000 real actions are in benchmarks/README.md.
"""

from __future__ import annotations

from functools import cache

from pipeline.generate.content import content, phrases, stem

COMMONPLACES = """
    accept access accomplish accomplishment accordingly achievable achieve acknowledge act action active
    activity actual adapt add added adding additional address adhere adjust adopt advance advantage advice
    advise advocate affect agree aim align allow alternative always analyse analyze apply appreciate
    approach appropriate area arrange arrangement ask aspect assert assertive assess asset assist attempt
    attend attention attitude authentic authority available avoid aware awareness balance base begin
    behavior behaviour belief benefit best better beyond big boundary brainstorm break bring broad build
    calm care career carefully caring case cause celebrate challenge chance change choice choose clarify
    clarity clear collaborate collaboration colleague comfort comfortable commit commitment common
    communicate communication community compare compassion competence complete comprehensive compromise
    concern concerned confidence confident conflict connect connection consequence consider consistent
    constructive consult context continue contribute contribution control conversation cooperate core
    courage course create creative crucial cultural culture current daily day deal decide decision dedicate
    deep define demonstrate desire detail detailed determine develop development dialogue differ difference
    different difficult direct direction discover discuss discussion diverse drive dynamic ease easy effect
    effective effort embrace emotion emotional empathy emphasise emphasize enable encourage end engage
    enhance enjoy enjoyable enrich ensure environment essential establish ethical evaluate event everyone
    everything exactly example excite excitement exciting exist expect expectation experience expert explain
    explore express external face fact factor fair family feedback feel feeling field figure financial find
    firm fit fix flexible focus follow form forward foster free freedom freely fresh friend friendly fulfil
    fulfill fulfillment full fun function future gain general gentle gently genuine get give goal good
    gradual great group grow growth guidance guide guideline handle happen happiness happy hard harmony
    health healthy hear help helpful high highlight honest honesty honor honour hope idea identify impact
    implement importance important impression improve improvement include inclusive increase independent
    independently individual influence inform information initiative inner input inspire instance instead
    integrate integrity intend intention interest interesting internal invite involve involved issue job
    join journey joy judge judgement judgment keep kind kindness know knowledge lead leader leadership learn
    leave let level leverage life like limit listen little live local long look loved lower main maintain
    make manage manner material matter maximize mean meaning meaningful measurable measure meet meeting
    mental mentor method milestone mind mindful minimize moment monitor moral motivate motivation mutual
    natural necessary need needs negative network new norm novel offer online open openly opinion
    opportunity opt option order organise organization organize original outcome outside overall participate
    particular party past path patience patient peace peaceful peer people perform performance period person
    personal perspective physical place plan planning play pleasant pleasure point policy position positive
    possible potential practical practice precise prefer preference prepare present preserve pressure
    prevent principle prioritise prioritize priority private proactive problem procedure process productive
    professional program progress project promote proper propose protect proud prove provide public purpose
    pursue quality question quick quiet raise reach ready real realistic realize reason reassure receive
    recognise recognize recommend reduce reflect regular regularly related relationship relax relevant
    reliable rely remain remember remind request require research resolution resolve resource respect
    respectful respectfully respond response responsibility responsible result reward right risk role
    routine rule safe safety satisfaction satisfy say schedule seek self sense serious set setting settle
    share short show similar simple situation skill small smooth social society solution solve space speak
    special specific spend stability stable stand standard start state status stay step stick stop
    straightforward strategy strength strengthen stress strict strong structure structured struggle style
    succeed success successful suggest suggestion suit support supportive surround sustainable system take
    talk target task team term terms thing think thorough thoughtful thrive time timeline together tone tool
    track transparent treat true trust trusted truth try turn type ultimate understand understanding unique
    update uphold upset use useful usual value variety view voice volunteer want way ways week weigh welcome
    wellbeing wisdom work world worry worth
"""


def takes_up(text: str, post: str, own_words: int) -> bool:
    """Whether the action is about this post and not about any."""
    own = content(text) - _commonplaces()
    if len(own) >= own_words or not own.isdisjoint(content(post)):
        return True
    return not phrases(text).isdisjoint(phrases(post))


@cache
def _commonplaces() -> frozenset[str]:
    return frozenset(stem(word) for word in COMMONPLACES.split())
