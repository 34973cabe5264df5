"""Anthropic's and Ollama's Python clients against a server, with a scripted provider behind it.

Usage: python_clients.py SERVER_URL PROVIDER_PORT      (see README.md)
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import ollama

CALL = {"id": "t-1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}


class Provider(BaseHTTPRequestHandler):
    """Speaks OpenAI's language."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/embeddings"):
            self.json({"data": [{"index": 0, "embedding": [0.5, -1.5]}], "model": "m-1", "usage": USAGE})
        elif request.get("stream"):
            self.stream()
        else:
            message = {"role": "assistant", "reasoning_content": "hm", "content": "hello", "tool_calls": [CALL]}
            self.json({
                "id": "c-1", "model": "m-1", "usage": USAGE,
                "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
            })

    def json(self, body):
        self.answer("application/json", json.dumps(body).encode())

    def stream(self):
        function = CALL["function"]
        deltas = [
            {"reasoning_content": "hm"},
            {"content": "hel"},
            {"content": "lo"},
            {"tool_calls": [{"index": 0, "id": "t-1", "type": "function",
                             "function": {"name": "f", "arguments": ""}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": function["arguments"][:4]}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": function["arguments"][4:]}}]},
        ]
        chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        chunks.append({"index": 0, "delta": {}, "finish_reason": "tool_calls"})
        events = [json.dumps({"id": "c-1", "model": "m-1", "choices": [chunk]}) for chunk in chunks]
        events.append(json.dumps({"id": "c-1", "model": "m-1", "choices": [], "usage": USAGE}))
        events.append("[DONE]")
        self.answer("text/event-stream", "".join(f"data: {event}\n\n" for event in events).encode())

    def answer(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def equal(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, expected {expected!r}")
    print("ok", what)


def with_anthropic(url, key):
    client = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)
    ask = {
        "model": "m",
        "max_tokens": 100,
        "system": [{"type": "text", "text": "be short", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f", "input_schema": {"type": "object", "properties": {}}}],
    }
    whole = client.messages.create(**ask)
    with client.messages.stream(**ask) as stream:
        streamed = stream.get_final_message()
    for name, answer in (("anthropic whole", whole), ("anthropic stream", streamed)):
        equal(name, [block.type for block in answer.content], ["thinking", "text", "tool_use"])
        equal(name, answer.content[1].text, "hello")
        equal(name, answer.content[2].input, {"a": 1})
        equal(name, answer.stop_reason, "tool_use")
        equal(name, (answer.usage.input_tokens, answer.usage.output_tokens), (9, 4))
    try:
        client.messages.create(**(ask | {"model": "unknown"}))
        sys.exit("an unknown model answered")
    except anthropic.NotFoundError as refused:
        equal("anthropic error", refused.body["error"]["type"], "not_found_error")


def with_ollama(url, key):
    client = ollama.Client(host=url, headers={"Authorization": f"Bearer {key}"})
    ask = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    whole = client.chat(**ask)
    equal("ollama whole", (whole.message.content, whole.message.thinking), ("hello", "hm"))
    equal("ollama whole", whole.message.tool_calls[0].function.arguments, {"a": 1})
    equal("ollama whole", (whole.prompt_eval_count, whole.eval_count), (9, 4))
    parts = list(client.chat(**ask, stream=True))
    equal("ollama stream", "".join(part.message.content for part in parts), "hello")
    calls = [call for part in parts for call in part.message.tool_calls or []]
    equal("ollama stream", [call.function.arguments for call in calls], [{"a": 1}])
    equal("ollama stream", (parts[-1].done, parts[-1].done_reason), (True, "stop"))
    equal("ollama generate", client.generate(model="m", prompt="hi").response, "hello")
    equal("ollama embed", client.embed(model="m", input="a").embeddings, [[0.5, -1.5]])
    equal("ollama list", [model.model for model in client.list().models], ["m"])
    equal("ollama show", "tools" in client.show("m").capabilities, True)
    equal("ollama ps", list(client.ps().models), [])
    for what, call in (("unknown model", lambda: client.chat(**(ask | {"model": "unknown"}))),
                       ("pull", lambda: client.pull("m"))):
        try:
            call()
            sys.exit(f"{what} answered")
        except ollama.ResponseError as refused:
            equal(f"ollama {what}", refused.status_code, 404 if what == "unknown model" else 501)


def main():
    url, port = sys.argv[1], int(sys.argv[2])
    provider = ThreadingHTTPServer(("127.0.0.1", port), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    key = os.environ.get("BACKPLANE_API_KEY", "none")
    with_anthropic(url, key)
    with_ollama(url, key)


if __name__ == "__main__":
    main()
