"""Byte pairs as GPT-2 makes them (Radford et al. 2019, section 2.2; 1508.07909, algorithm 1), written out without a library: learns a small vocabulary from a
text of its own, encodes others with it, and prints byte_pairs.json. Run with any Python 3.
"""
import collections
import json
import unicodedata

END = "<|endoftext|>"
LEARNED = """The cat sat on the mat; the other cats sat on the other mats. They're 12 and 345, we'll see: it's the 2nd matter.
 Weather and leather, feather and tether! Über den Wäldern, à côté de la forêt.

\tthe end of the matter\n\n""" * 3
MERGES = 60

printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
letters, beyond = {}, 0
for value in range(256):
    letters[value] = chr(value) if value in printable else chr(256 + beyond)
    beyond += value not in printable


def kind(character):
    """A letter, a digit, a blank (what \\s is), or another."""
    if character.isspace() and not "\x1c" <= character <= "\x1f":
        return "blank"
    return {"L": "letter", "N": "digit"}.get(unicodedata.category(character)[0], "other")


def words(text):
    at = 0
    while at < len(text):
        ending = next((e for e in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d") if text.startswith(e, at)), None)
        begin = at + 1 if text[at] == " " and at + 1 < len(text) and kind(text[at + 1]) != "blank" else at
        if ending:
            end = at + len(ending)
        elif kind(text[begin]) != "blank":
            end = begin
            while end < len(text) and kind(text[end]) == kind(text[begin]):
                end += 1
        else:
            end = at
            while end < len(text) and kind(text[end]) == "blank":
                end += 1
            # A blank is left for the word behind them.
            if end < len(text) and end - at > 1:
                end -= 1
        yield text[at:end]
        at = end


def spelt(word):
    return [letters[byte] for byte in word.encode()]


def join(parts, pair):
    joined, at = [], 0
    while at < len(parts):
        together = tuple(parts[at:at + 2]) == pair
        joined.append(parts[at] + parts[at + 1] if together else parts[at])
        at += 2 if together else 1
    return joined


merges, corpus = [], [spelt(word) for word in words(LEARNED)]
while len(merges) < MERGES:
    counts = collections.Counter(pair for word in corpus for pair in zip(word, word[1:]))
    best = max(counts, key=lambda pair: (counts[pair], pair))
    merges.append(best)
    corpus = [join(word, best) for word in corpus]
tokens = [letters[value] for value in printable] + [letters[v] for v in range(256) if v not in printable] + [a + b for a, b in merges] + [END]
number = {token: i for i, token in enumerate(tokens)}
rank = {pair: i for i, pair in enumerate(merges)}


def encode(text):
    for i, part in enumerate(text.split(END)):
        if i > 0:
            yield number[END]
        for word in words(part):
            parts = spelt(word)
            while pairs := [pair for pair in zip(parts, parts[1:]) if pair in rank]:
                parts = join(parts, min(pairs, key=rank.get))
            yield from (number[part] for part in parts)


TEXTS = [
    "the cat sat on the mat", "The other matter", " the  cat\n\n  sat\t on ", "they're we'll it's 'tis I'D can't", "12345 2nd 3½ x²", "Wälder über forêt, naïve café",
    "a" + END + "the mat" + END + END + "\nb", "日本語 and 🙂🙂!", "...!? --- ((x))", "\u00a0the\u2003cat \u0000\u007f", "weatherleatherfeather", "", " ", "\n", "ee" * 20,
]
print(json.dumps({
    "source": "tests/vectors/byte_pairs.py", "vocabulary": number, "merges": [" ".join(pair) for pair in merges],
    "cases": [{"text": text, "tokens": list(encode(text))} for text in TEXTS],
}, ensure_ascii=True, indent=None))
