"""The commonest words of the languages whose running text must hold some of them."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS = {
    "en": _words("""
        the be to of and a in that have i it for not on with he as you do at this but his by from they we
        say her she or an will my one all would there their what so up out if about who get which go me
        when make can like no just him know take into your some could them than then now only its over
        think also back after use how our is are was am been has had were i'm it's don't you're that's
    """),
    "de": _words("""
        der die das und in zu den ich ist nicht du es sie er wir ihr ein eine mit sich auf für dem im von
        auch als wie an aus so dass kann aber nach bei um nur noch mich mir dich dir was wenn habe hat bin
        war sind sein mein oder da ja zum zur man
    """),
    "fr": _words("""
        le la les de des et à un une en que qui je tu il elle nous vous ne pas est ce se pour dans sur au
        avec plus par mais ou si me mon ma mes moi toi on suis ai a c'est j'ai je suis du son sa ses quand
    """),
    "es": _words("""
        el la los las de y a que en un una yo tú él ella no es se lo me te mi por con para su si pero como
        más al del le ya o fue soy está este esto muy ha he son sus cuando
    """),
    "it": _words("""
        il lo la i gli le di e a che in un una io tu non è si per con ma mi ti come sono ho ha del della
        al da se più anche o ci questo mio
    """),
    "pt": _words("""
        o a os as de e que em um uma eu você não é se por com para mas me te como do da no na mais ao seu
        sua meu minha ou foi está são já quando
    """),
    "nl": _words("""
        de het een en van in ik je is dat niet te op zijn voor met die er maar aan om ook als dan hij zij
        we mij me mijn wat heb heeft was bij of nog naar
    """),
}
