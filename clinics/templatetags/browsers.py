"""What a browser calls itself, in words a person knows."""

from django import template

register = template.Library()

# The first word that is found counts: Edge and Opera also call themselves Chrome, and Chrome Safari.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "an iPhone",
    "iPad": "an iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "a Mac",
    "Linux": "Linux",
}


@register.filter
def browser_in_words(user_agent: str) -> str:
    browser = next((name for word, name in BROWSERS.items() if word in user_agent), "Unknown browser")
    system = next((f" on {name}" for word, name in SYSTEMS.items() if word in user_agent), "")
    return browser + system
