"""Wrong answers to the exercises of notebook 02, and what is said to each."""

SIDE = "def output_side(size, kernel, stride, padding):\n    return "
SLOPE = "def silu_slope(x):\n    s = torch.sigmoid(x)\n    return "
FOCUS = "def focus_any(x, block):\n    "
SLICES = "return torch.cat([x[..., r::block, c::block] for {}], 1)"
CSP = "def csp_parameters(channels, repeats):\n    half = channels // 2\n    square = half * half\n    return "
SPAN = "def field_span(cell, layers):\n    first = last = cell\n    for kernel, stride, padding in {}:\n"
FIRST, LAST = "        first = first * stride - padding\n", "        last = last * stride - padding + kernel - 1\n"
BACK, END = "reversed(layers)", "    return first, last"

WRONG = {
    "output_side": {
        SIDE + "(size + 2 * padding - kernel) / stride + 1": "`//` rounds down",
        SIDE + "(size + padding - kernel) // stride + 1": "padding is added at both ends",
        SIDE + "(size + 2 * padding - kernel) // stride": "has one place, not 0",
        SIDE + "size + 2 * padding - kernel + 1": "then the steps in it",
        SIDE + "-(-size // stride)": "then the steps in it",
        SIDE + "20": "then the steps in it",
        SIDE + "None": "the function returns None",
    },
    "silu_slope": {
        SLOPE + "s": "the product rule has two terms",
        SLOPE + "s * (1 - s)": "found the slope of σ",
        SLOPE + "x * s": "found SiLU's value",
        SLOPE + "s + x * s": "the second term is x times the slope of σ",
        SLOPE + "s - x * s * (1 - s)": "(u v)' = u' v + u v'",
        SLOPE + "s.mean()": "a slope for each x",
        "def silu_slope(x):\n    e = torch.exp(-x)\n    return (1 + e + x * e) / (1 + e) ** 2": "nan for x = -100",
    },
    "focus": {
        FOCUS + "return x[..., ::block, ::block]": "from 2 × 2 starts",
        FOCUS + SLICES.format("r in range(block) for c in range(block)"): "the slices row by row",
        FOCUS + SLICES.format("c in (0, 1) for r in (0, 1)"): "and block 3",
        FOCUS + "return torch.nn.functional.pixel_unshuffle(x, block)": "slices channel by channel",
        FOCUS + SLICES.format("c in range(block) for r in [0] * block"): "each pixel once",
        FOCUS + "torch.cat([x], 1)": "the function returns None",
    },
    "csp_parameters": {
        CSP + "'many'": "one number",
        CSP + "9 * square + repeats * 10 * square": "has two parameters a channel",
        CSP + "9 * square + 5 * half + repeats * (10 * square + channels)": "and β as well",
        CSP + "9 * square + 14 * half + repeats * (10 * square + 4 * half)": "no normalisation of their own",
        CSP + "9 * square + 10 * half + repeats * (4 * square + 4 * half)": "not 3",
        CSP + "9 * square + 10 * half + 10 * square + 4 * half": "`repeats` times",
        CSP + "10_000": "list the convolutions",
    },
    "field_span": {
        SPAN.format("layers") + FIRST + LAST + END: "the last layer comes first",
        SPAN.format(BACK) + (FIRST + LAST).replace(" - padding", "") + END: "subtract the padding",
        SPAN.format(BACK) + FIRST + LAST.replace(" - 1", "") + END: "reaches 2 further",
        SPAN.format(BACK) + FIRST + LAST.replace(" + kernel - 1", "") + END: "`kernel - 1` behind",
        SPAN.format(BACK) + FIRST + LAST + "    return last - first + 1": "result of type tuple",
        SPAN.format(BACK) + FIRST + LAST + "    return [first]": "reads from i",
        SPAN.format(BACK) + FIRST + LAST + "    return first - 1, last": "reads from i",
    },
}
