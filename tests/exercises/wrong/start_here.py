"""Wrong answers to the exercises of notebook 00, and what is said to each."""

WRONG = {
    "cells": {
        "cells = 52": "three numbers",
        "cells = [13, 26, 52]": "turn the list round",
        "cells = (208, 104, 52)": "P3 is the third halving",
        "cells = [80, 40, 20]": "these are those for 640",
        "cells = [416 * 8, 416 * 16, 416 * 32]": "cells = pixels // stride",
    },
    "scaled": {
        "def scaled(channels, width):\n    return channels * width": "a multiple of 8",
        "def scaled(channels, width):\n    return 8 * round(channels * width / 8)": "rounded up",
        "def scaled(channels, width):\n    return int(channels * width) // 8 * 8": "rounded up",
        "def scaled(channels, width):\n    return math.ceil(channels / 8) * 8": "first channels × width",
        "def scaled(channels, width):\n    8 * math.ceil(channels * width / 8)": "the function returns None",
    },
    "head_size": {
        "def head_size(size, classes):\n    return 25_200": "two numbers",
        "def head_size(size, classes):\n    return 25_200, 2_142_000": "add the cells of all three maps",
        "def head_size(size, classes):\n    n = sum((size // s) ** 2 for s in (8, 16, 32))\n"
        "    return n, n * (5 + classes)": "three times as many",
        "def head_size(size, classes):\n    n = 3 * sum((size // s) ** 2 for s in (8, 16, 32))\n"
        "    return n, n * (4 + classes)": "is anything here?",
        "def head_size(size, classes):\n    n = 3 * sum((size // s) ** 2 for s in (8, 16, 32))\n"
        "    return n, n * 13": "take 5 + classes",
        "def head_size(size, classes):\n    n = 3 * (size // 8) ** 2\n    return n, n * (5 + classes)": "25,200",
    },
    "stages": {
        'stages = "input"': "seven stages",
        'stages = ["input"] * 7': "there are boxes already",
        'stages = ["input", "head", "neck", "head", "backbone", "loss", "head"]': "only one stage knows the truth",
        'stages = ["input", "NMS", "neck", "loss", "backbone", "loss", "head"]': "one of input, backbone",
    },
    "prefixes": {
        "prefixes = 24": "a list of texts",
        "prefixes = 'model.0.'": "a list of texts",
        "prefixes = ['model.%s.' % x for x in range(23)]": "ends before n",
        "prefixes = ['model.%s.' % x for x in range(10)]": "go on through the neck",
        "prefixes = ['model.%s' % x for x in range(24)]": "mind the last dot",
        "prefixes = ['model.%s.' % x for x in range(25)]": "leave out row 24",
        "prefixes = ['model.%s.' % x for x in range(10, 24)]": "every row from 0 to 23",
        "prefixes = []": "every row from 0 to 23",
    },
}
