"""Logs to a running Backplane with Braintrust's own SDKs and reads back what arrived.

Needs: a running server; PyPI `braintrust`; for `--node DIRECTORY` Node 20 or newer and a directory
in which `npm install braintrust` was run.

    python braintrust_sdk.py [--url http://127.0.0.1:7700] [--node DIRECTORY]

Exit code 1 when something of a span, its child, its score or its comment is missing.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

PROJECT = "braintrust-check"

NODE = """
import {initLogger} from 'braintrust';
const logger = initLogger({projectName: process.argv[1]});
let id;
await logger.traced(async root => {
  await root.traced(async call => {
    call.log({input: [{role: 'user', content: 'why?'}], output: 'because',
              metadata: {model: 'gpt-4o'}, metrics: {prompt_tokens: 3}});
  }, {name: 'call', type: 'llm'});
  root.log({output: 'done', scores: {first: 0.5}});
  id = root.id;
}, {name: 'node root'});
await logger.flush();
logger.logFeedback({id, scores: {later: 1}, comment: 'good', source: 'app'});
await logger.flush();
"""


def log_with_python():
    import braintrust

    logger = braintrust.init_logger(project=PROJECT)
    with logger.start_span(name="python root", type="task") as root:
        with root.start_span(name="call", type="llm") as call:
            call.log(
                input=[{"role": "user", "content": "why?"}],
                output="because",
                metadata={"model": "gpt-4o"},
                metrics={"prompt_tokens": 3},
            )
        root.log(output="done", scores={"first": 0.5})
    logger.flush()
    logger.log_feedback(id=root.id, scores={"later": 1}, comment="good", source="app")
    logger.flush()


def log_with_node(directory):
    subprocess.run(
        ["node", "--input-type=module", "-e", NODE, PROJECT], cwd=directory, check=True
    )


def get(url, path):
    request = urllib.request.Request(url + path, headers={"X-Backplane-Project": PROJECT})
    if os.environ.get("BACKPLANE_API_KEY"):
        request.add_header("Authorization", "Bearer " + os.environ["BACKPLANE_API_KEY"])
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def check(url, name):
    filters = urllib.parse.quote(f"name = '{name}'")
    root = get(url, f"/api/v1/spans?limit=1&filter={filters}")["spans"][0]
    whole = get(url, f"/api/v1/spans/{root['trace_id']}/{root['span_id']}")
    tree = get(url, f"/api/v1/traces/{root['trace_id']}")["spans"]
    facts = {
        "output": whole.get("output") == "done",
        "scores of the span and of feedback": whole.get("scores") == {"first": 0.5, "later": 1},
        "comment": [each["text"] for each in whole.get("comments", [])] == ["good"],
        "child below it": [row["name"] for row in tree] == [name, "call"],
        "model of the child": tree[-1]["model"] == "gpt-4o",
    }
    for fact, holds in facts.items():
        print(f"{name}: {fact}: {'ok' if holds else 'MISSING'}")
    return all(facts.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://127.0.0.1:7700")
    parser.add_argument("--node")
    options = parser.parse_args()
    os.environ["BRAINTRUST_APP_URL"] = options.url
    os.environ["BRAINTRUST_API_KEY"] = os.environ.get("BACKPLANE_API_KEY", "anything")
    log_with_python()
    sound = check(options.url, "python root")
    if options.node:
        log_with_node(options.node)
        sound = check(options.url, "node root") and sound
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
