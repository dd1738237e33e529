"""`python -m yolo_course ...` is `yolo-course ...`: it needs no script on the PATH."""

import sys

try:
    from yolo_course.cli import app
except ModuleNotFoundError as missing:
    sys.exit(
        f"{sys.executable} lacks the library {missing.name!r}, so the course is not installed there.\n"
        "Set it up with `make lab`, or in the checkout with: "
        'python -m pip install -c constraints.txt -e ".[test]"'
    )

if __name__ == "__main__":
    app(prog_name="yolo-course")
