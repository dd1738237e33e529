"""Wrong answers to the exercises of notebook 02, and what is said to each."""

WRONG = {
    "focus": {
        "def focus(x):\n    return x[..., ::2, ::2]": "`x[..., ::2, ::2]` is one of four",
        "def focus(x):\n    corners = [x[..., r::2, c::2] for r in (0, 1) for c in (0, 1)]\n"
        "    return torch.cat(corners, 1)": "the corners row by row",
        "def focus(x):\n    torch.cat([x], 1)": "the function returns None",
    },
    "csp_parameters": {
        "parameters = 'many'": "one number",
        "parameters = 64 * 32 + 64 * 32 + 32 * 32 + 64 * 64 + 32 * 32 * 10": "a batch normalisation has two numbers",
        "parameters = 10_000": "list the six convolutions",
    },
}
