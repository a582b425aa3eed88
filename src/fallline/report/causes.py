"""The causes as pages of the documentation, from the rules' own texts.

python -m fallline.report.causes docs/causes
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from pathlib import Path

from fallline.diagnosis.rule import Kind, Rule
from fallline.diagnosis.rules import RULES
from fallline.diagnosis.trials import REMEDIES

INTRODUCTION = """# Causes

What `fallline explain` looks for, a page each. A cause is named where it is there *and* holds the error up; how often
it is named rightly, and how often wrongly, is measured in [calibration](../calibration.md).
"""


def page(rule: Rule) -> str:
    """Return a cause's page in Markdown: what it is, an example that has it, what to do, and where it is written."""
    parts = [f"# {rule.title}", f"`{rule.code}`, a cause in {rule.kind.title}.", rule.explanation]
    parts += ["## An example", "A run that has it:", _code(rule)]
    parts.append(
        "\n".join(
            [
                "```python",
                ">>> from fallline.diagnosis.evidence import Evidence",
                ">>> from fallline.diagnosis.rules import RULES",
                f'>>> rule = RULES["{rule.code}"]',
                ">>> finding = rule.examine(Evidence(rule.example()))",
                ">>> finding.status.value",
                "'fires'",
                "",  # ends the expected output
                "```",
            ]
        )
    )
    parts += ["## What to do", rule.remedy]
    trials = [f"- {REMEDIES[code].title} (`{code}`)" for code in rule.remedies if code in REMEDIES]
    if trials:
        parts += ["These remedies are tried against an unchanged control:", "\n".join(trials)]
    if rule.explains:
        follows = ", ".join(f"[{RULES[code].title.lower()}]({code}.md)" for code in rule.explains if code in RULES)
        parts += [f"Where it is there, these follow from it: {follows}."]
    if rule.sources:
        parts += ["## Literature", "\n".join(f"- {source}" for source in rule.sources)]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Return the page that lists the causes."""
    text = INTRODUCTION
    for kind in Kind:
        rules = [rule for rule in RULES.values() if rule.kind is kind]
        text += f"\n## In {kind.title}\n\n"
        text += "".join(f"- [{rule.title}]({rule.code}.md)\n" for rule in rules)
    return text


def pages() -> dict[str, str]:
    """Return all pages by their file names."""
    return {"README.md": index()} | {f"{code}.md": page(rule) for code, rule in RULES.items()}


def _code(rule: Rule) -> str:
    source = textwrap.dedent(inspect.getsource(rule.example))
    lines = source.splitlines()
    body = next(i for i, line in enumerate(lines) if line.startswith("def ")) + 1
    while lines[body].strip().startswith('"""'):
        body += 1
    return "```text\n" + textwrap.dedent("\n".join(lines[body:])).rstrip() + "\n```"


def main() -> None:
    """Write the pages into the folder that the command names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
