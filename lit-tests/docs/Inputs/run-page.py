"""Runs the commands of a Markdown page and compares their output with what the page shows.

Usage: run-page.py PAGE FOLDER [NAME=FILE ...]

Blocks fenced by ```console are run in FOLDER (made anew, each NAME a link to its FILE): a line `$ command` is run by bash, the
lines below it are its output, standard output and standard error together. A line `...` stands for any lines, `...` at the end of
a line for its rest, at the start of a line for its beginning; of a command that shows nothing only the exit status counts. It has to
be 0, or, where the page shows a line that starts with `error:`, something else.
"""

import os
import shutil
import subprocess
import sys


def commands(page):
    """(line number, command, shown lines) of every command."""
    found, inside = [], False
    with open(page, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if line.startswith("```"):
                inside = line == "```console"
            elif inside and line.startswith("$ "):
                found.append((number, line[2:], []))
            elif inside and found:
                found[-1][2].append(line)
    return found


def same(shown, line):
    if shown.endswith("..."):
        return line.startswith(shown[:-3])
    if shown.startswith("..."):
        return line.endswith(shown[3:])
    return shown.rstrip() == line.rstrip()


def matches(shown, lines):
    """Whether the shown lines are the output; `reached` holds the output positions that the lines so far can end at."""
    reached = {0}
    for want in shown:
        if want == "...":
            reached = set(range(min(reached), len(lines) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(lines) and same(want, lines[at])}
        if not reached:
            return f"the output lacks, at that place: {want}"
    return None if len(lines) in reached else "the output has more lines than shown"


def main():
    page, folder = sys.argv[1:3]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for link in sys.argv[3:]:
        name, file = link.split("=", 1)
        os.symlink(file, os.path.join(folder, name))
    found = commands(page)
    if not found:
        sys.exit(f"{page}: no command in it")
    wrong = 0
    for number, command, shown in found:
        bash = ["bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(bash, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        lines = (done.stdout + done.stderr).splitlines()
        while shown and not shown[-1]:
            shown.pop()
        problem = matches(shown, lines) if shown else None
        expects_error = any(line.startswith("error:") for line in shown)
        if (done.returncode != 0) != expects_error:
            problem = f"exit status {done.returncode}"
        if problem:
            wrong += 1
            print(f"{page}:{number}: $ {command}\n{problem}\n--- output", *lines, "---", sep="\n")
    print(f"{len(found)} commands, {wrong} wrong")
    sys.exit(wrong > 0)


main()
