"""Writes the golden cases of ChatTemplateParityTest with Python's Jinja2, set up as transformers
sets it up (transformers/utils/chat_template_utils.py, _compile_jinja_template):

    python3 -m venv venv
    venv/bin/pip install jinja2==3.1.6
    venv/bin/python template_vectors.py FOLDER OUT.json.gz

FOLDER holds chat templates as *.jinja. Beside each template stand the inputs and what came out; an
input that the template refuses has no output.
"""
import datetime, gzip, io, json, os, sys
import jinja2
from jinja2 import nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 7, 6, 15, 4, 5, 678)


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_run"), [], [], body).set_lineno(line)

    def _run(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                          sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                        extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    # Not of transformers: llama.cpp has it, and templates that were made for it use it.
    env.filters["from_json"] = json.loads
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


TOOLS = [
    {"type": "function", "function": {
        "name": "get_weather", "description": "Weather \"now\" in a city, <b>é</b> & more",
        "parameters": {"type": "object", "required": ["city"], "properties": {
            "city": {"type": "string", "description": "the city's name"},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "days": {"type": "integer", "minimum": 1},
            "tags": {"type": "array", "items": {"type": "string"}},
            "where": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}},
    {"type": "function", "function": {
        "name": "no_arguments", "description": "",
        "parameters": {"type": "object", "properties": {}}}},
]


def call(name, arguments, call_id="abc123def"):
    return {"role": "assistant", "content": "", "tool_calls": [
        {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}]}


PLAIN = [{"role": "user", "content": "Hello  <|im_end|>\nworld 'a' \"b\" é 🙂"}]
TURNS = [{"role": "system", "content": "Be brief.\n"},
         {"role": "user", "content": " first\n\nquestion "},
         {"role": "assistant", "content": "<think>\nreason\n</think>\n\nanswer "},
         {"role": "user", "content": "second"}]
CALLED = [{"role": "system", "content": "Use tools."},
          {"role": "user", "content": "How is the weather?"},
          call("get_weather", {"city": "Köln", "days": 3, "exact": True, "ratio": 0.5, "none": None,
                               "tags": ["a", "b"]}),
          {"role": "tool", "tool_call_id": "abc123def", "name": "get_weather",
           "content": "{\"temperature\": 21.5}"}]
AFTER = CALLED + [{"role": "assistant", "content": "It is warm."},
                  {"role": "user", "content": "And tomorrow?"}]
REASONED = [{"role": "user", "content": "one"},
            {"role": "assistant", "reasoning_content": "step by step", "thinking": "step by step",
             "content": "two"},
            {"role": "user", "content": "three"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "look "},
                                      {"type": "text", "text": "here"}]}]
STRINGS = [dict(m) for m in CALLED]
STRINGS[2] = call("get_weather", "{\"city\": \"Paris\"}")

INPUTS = {
    "plain": {"messages": PLAIN},
    "plain-closed": {"messages": PLAIN, "add_generation_prompt": False},
    "turns": {"messages": TURNS},
    "tools": {"messages": TURNS[:2], "tools": TOOLS},
    "called": {"messages": CALLED, "tools": TOOLS},
    "after": {"messages": AFTER, "tools": TOOLS},
    "strings": {"messages": STRINGS, "tools": TOOLS},
    "reasoned": {"messages": REASONED},
    "thinking-on": {"messages": PLAIN, "variables": {"enable_thinking": True, "thinking": True}},
    "thinking-off": {"messages": PLAIN, "variables": {"enable_thinking": False, "thinking": False,
                                                      "reasoning_effort": "low"}},
    "parts": {"messages": PARTS},
    "alternation": {"messages": [{"role": "assistant", "content": "I begin"},
                                 {"role": "assistant", "content": "and go on"}]},
    "unknown-role": {"messages": [{"role": "narrator", "content": "once"}]},
    "empty": {"messages": []},
}


def golden(name, source):
    cases = []
    try:
        template = environment().from_string(source)
    except jinja2.exceptions.TemplateError as error:
        return {"name": name, "source": source, "invalid": str(error), "cases": []}
    for key, given in INPUTS.items():
        case = {"name": key, "messages": given["messages"], "tools": given.get("tools"),
                "add_generation_prompt": given.get("add_generation_prompt", True),
                "variables": given.get("variables", {})}
        try:
            case["output"] = template.render(
                messages=given["messages"], tools=given.get("tools"),
                add_generation_prompt=case["add_generation_prompt"],
                bos_token="<BOS>", eos_token="<EOS>", **case["variables"])
        except Exception as error:
            case["error"] = type(error).__name__ + ": " + str(error)[:200]
        cases.append(case)
    return {"name": name, "source": source, "cases": cases}


def small_cases():
    """One construct each, as a template without input."""
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "template_cases.txt"), encoding="utf-8") as lines:
        sources = lines.read().split("\n----\n")
    cases = []
    for source in sources:
        case = {"source": source}
        try:
            case["output"] = environment().from_string(source).render(
                text="Ab c\n d", n=5, f=2.5, none=None, yes=True, items=[3, 1, 2], empty=[],
                d={"b": 1, "a": [1, "x'y"], "items": 7}, people=[
                    {"name": "Zoe", "age": 30, "tags": ["x"]}, {"name": "adam", "age": 25, "tags": []},
                    {"name": "Bea", "age": 30}])
        except Exception as error:
            case["error"] = type(error).__name__ + ": " + str(error)[:200]
        cases.append(case)
    return cases


if __name__ == "__main__":
    folder, out = sys.argv[1:3]
    templates = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".jinja"):
            with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
                templates.append(golden(name, file.read()))
    value = {"templates": templates, "small": small_cases()}
    data = io.BytesIO()
    with gzip.GzipFile(fileobj=data, mode="wb", mtime=0) as file:
        file.write(json.dumps(value, ensure_ascii=True).encode())
    with open(out, "wb") as file:
        file.write(data.getvalue())
    done = sum("output" in case for t in templates for case in t["cases"])
    print(len(templates), "templates,", done, "outputs,", len(value["small"]), "small,",
          len(data.getvalue()), "bytes")
