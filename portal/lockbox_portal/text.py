"""Text from outside, made visible: whoever files a ticket writes into these pages."""
import re
import unicodedata

from markupsafe import Markup, escape

# What turns text around, hides it or breaks lines: control characters, format characters, separators of lines.
ODD = re.compile("[" + "".join(f"\\U{code:08x}" for code in range(0x110000)
                               if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zl", "Zp")) + "]")


def plain(text) -> Markup:
    """Escaped. A character that is not seen is named beside its place, outside of the text that the page's script reads."""
    def named(match) -> str:
        text = "&#13;" if match[0] == "\r" else match[0]  # HTML's own line end is \n: a reader's browser would make one of it
        return f'<span class="odd" title="U+{ord(match[0]):04X}">{text}</span>'
    return Markup(ODD.sub(named, str(escape("" if text is None else text))))


def forbidden(entry: dict) -> str:
    """An entry of a policy's `forbid` as a line that the page's script reads back."""
    members = [f"{name}={entry[name]}" for name in ("action", "namespace", "kind") if name in entry]
    return entry["kind"] if list(entry) == ["kind"] else " ".join(members) or "*"


TESTS_AND_FILTERS = {"plain": plain, "forbidden": forbidden}
