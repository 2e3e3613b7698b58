"""What is no secret: codes that people guess first, passwords that everybody has.

Codes are drawn by us; whoever insists on one of their own hears why a weak one is refused. Passwords are held against a
list of breached ones, and against the stems that common ones are made of: words that are capitalised, doubled, written
with digits for letters and given a year. The list has what is used most, the stems what is made like it tomorrow.
"""

import gzip
import re
import secrets
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise

CODE_DIGITS = 6
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
SHORTEST_SECRET = 32
FEWEST_SECRET_SIGNS = 10
"""Of 32 drawn hexadecimal digits hardly ever fewer are different."""
FEWEST_SIGNS = 5
"""Different characters in a password: `abababababab` has two."""

# Chosen after the heads of the public lists of breached passwords, English and French, with what people of this trade
# would add. Without accents, in small letters.
STEMS = frozenset(
    """
    password passwort passwd motdepasse mdp secret admin administrateur administrator root user utilisateur
    guest invite login connexion welcome bienvenue bonjour hello hola salut test demo default changeme changemoi
    letmein master qwerty qwertz azerty azertyuiop qwertyuiop asdfgh asdfghjkl qsdfgh qsdfghjklm zxcvbn zxcvbnm
    wxcvbn poiuyt iloveyou jetaime love amour mon ton sweet baby bebe princess princesse sunshine soleil flower
    fleur angel ange football foot soccer baseball basketball liverpool chelsea arsenal barcelona marseille om psg
    paris france dragon monkey shadow superman batman pokemon starwars michael jordan jessica daniel charlie
    thomas nicolas julien jesus dieu allah ismael mohamed mohammed maman papa doudou loulou chouchou chocolat
    chocolate cheese computer ordinateur internet google facebook whatsapp samsung iphone android windows orange
    mercedes ferrari freedom liberte whatever trustno nothing access abc aaa xxx qaz wsx edc tournee dechet
    dechets poubelle poubelles camion camions mairie ville benin cotonou operateur operatrice chauffeur waste
    truck city operator driver municipality monday lundi january janvier summer ete printemps automne hiver
    winter spring autumn an le la les my the et and de du
    """.split()  # noqa: SIM905 - a list of words is read, and added to, as words
)
_LETTERS = str.maketrans("0134578@$!", "oieastbasi")
_WALKS = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "1q2w3e4r5t6y7u8i9o0p",
    "1a2z3e4r5t6y7u8i9o0p",
)


def new_code() -> str:
    """Six digits that are not weak, drawn by the system's own dice."""
    while True:
        code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
        if fault_of_code(code) is None:
            return code


def fault_of_code(code: str) -> str | None:
    """Why this is no code for a truck's crew, or None. One that is longer than six digits is theirs to remember."""
    if not re.fullmatch(rf"[0-9]{{{CODE_DIGITS},12}}", code):
        return f"a code has {CODE_DIGITS} digits; leave it out, and one is drawn"
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(code)}
    is_repeated = any(code == (code[:n] * len(code))[: len(code)] for n in (1, 2, 3))
    is_day = re.fullmatch(r"(19|20)\d\d(0[1-9]|1[0-2])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d", code)
    if len(set(code)) < 3 or len(steps) == 1 or is_repeated or code == code[::-1] or is_day:
        return "this code is among the first that anybody tries; leave it out, and one is drawn"
    return None


def fault_of_password(password: str, *names: str) -> str | None:
    """Why this is no password, or None. `names`: what everybody knows of the account, its login and its city."""
    if len(password) < SHORTEST_PASSWORD:
        return f"the password needs at least {SHORTEST_PASSWORD} characters"
    if len(password) > LONGEST_PASSWORD:
        return f"the password has more than {LONGEST_PASSWORD} characters"
    if not _is_encodable(password):
        return "the password holds half a character"
    plain = _plain(password)
    known = STEMS | {_plain(name) for name in names if len(name) > 2}
    if plain in breached() or len(set(plain)) < FEWEST_SIGNS or _is_walk(plain) or _is_made_of(plain, known):
        return (
            "this password is among the first that anybody tries; take three or four words that do not belong together"
        )
    return None


@cache
def breached() -> frozenset[str]:
    """The 10,000 commonest breached passwords of twelve characters and more, but for those that the stems refuse.

    From the million commonest of ten million (OWASP SecLists, `10_million_password_list_top_1M.txt`, CC BY-SA 3.0), in
    small letters, without accents and marks.
    """
    packed = files(__package__).joinpath("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n")) - {""}


def fault_of_secret(secret: str) -> str | None:
    """Why this cannot sign sessions, or None. Whoever guesses it is whoever they like."""
    if len(secret) < SHORTEST_SECRET:
        return f"at least {SHORTEST_SECRET} characters"
    if not _is_encodable(secret) or len(set(secret)) < FEWEST_SECRET_SIGNS:
        return f"fewer than {FEWEST_SECRET_SIGNS} different characters"
    half = next(
        (n for n in range(1, len(secret) // 2 + 1) if secret == (secret[:n] * len(secret))[: len(secret)]), None
    )
    plain = _plain(secret)
    if half is not None or _is_walk(plain) or _is_made_of(plain, STEMS):
        return "this one can be guessed"
    return None


def _is_encodable(text: str) -> bool:
    return not any(unicodedata.category(sign) == "Cs" for sign in text) and "\0" not in text


def _plain(text: str) -> str:
    """In small letters, without accents and marks; digits stay."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if sign.isalnum() or sign in "@$!")


def _is_walk(plain: str) -> bool:
    """Along the keyboard or the alphabet, there or back."""
    for walk in _WALKS:
        for way in (walk, walk[::-1]):
            if all(part in way + way for part in (plain[:6], plain[-6:])):
                return True
    return False


def _is_made_of(plain: str, known: frozenset[str]) -> bool:
    """Whether nothing is left once known stems are taken out, but digits at the ends or between them."""
    spellings = {plain, plain.translate(_LETTERS), plain.strip("0123456789@$!").translate(_LETTERS)}
    return any(_falls_apart(spelling, known) for spelling in spellings if spelling) or plain.isdigit()


def _falls_apart(text: str, known: frozenset[str]) -> bool:
    """Every stretch of letters is a row of stems, one stray letter allowed at its end; they are half of it at least."""
    stretches = [stretch for stretch in re.split(r"[^a-z]+", text) if len(stretch) > 1]
    return 2 * sum(map(len, stretches)) >= len(text) and all(_is_row(stretch, known) for stretch in stretches)


def _is_row(stretch: str, known: frozenset[str]) -> bool:
    reached = {0}
    for start in range(len(stretch)):
        if start in reached:
            reached |= {start + len(stem) for stem in known if stretch.startswith(stem, start)}
    return len(stretch) in reached or len(stretch) - 1 in reached
