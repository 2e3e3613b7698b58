"""What people call a browser, from what it says of itself (`User-Agent`, RFC 9110, section 10.1.5)."""

# The first that is named counts: newer browsers name those they descend from.
PROGRAMS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser/": "Samsung Internet", "Firefox/": "Firefox", "FxiOS/": "Firefox",
    "Chrome/": "Chrome", "CriOS/": "Chrome", "Safari/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Macintosh": "Mac",
    "CrOS": "ChromeOS", "Linux": "Linux",
}  # fmt: skip
LONGEST = 40


def browser_name(user_agent: str) -> str:
    """`Firefox · Android`; of a program that is none of these its own first word, and nothing of one that is silent."""
    told = [
        next((name for sign, name in names.items() if sign.casefold() in user_agent.casefold()), None)
        for names in (PROGRAMS, SYSTEMS)
    ]
    if told[0] is None:
        return " ".join(user_agent.split()[:1])[:LONGEST]
    return " · ".join(name for name in told if name)
