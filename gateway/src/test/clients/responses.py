"""OpenAI's Python client against /v1/responses. Optional: no build runs it.

    pip install openai
    ./backplane up --config FILE ...      # FILE: see below
    python gateway/src/test/clients/responses.py http://127.0.0.1:7700/v1 9911 KEY

    providers: {up: {type: openai, base_url: "http://127.0.0.1:9911/v1"}}
    models: {m: {provider: up}}
    keys: [{name: k, key: KEY, scopes: [call], project: default}]

The second argument is the port of the provider, which this script plays: it calls the tool it is
offered, and repeats what the tool said. Prints "ok", or ends with what went wrong.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import openai
from pydantic import BaseModel


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        last = asked["messages"][-1]
        if last["content"] == "break":
            self.reply("text/event-stream", [chunk({"content": "half"})])
            return
        if "response_format" in asked:
            message = {"content": '{"degrees": 21}'}
        elif asked.get("tools") and last["role"] != "tool":
            call = {"name": asked["tools"][0]["function"]["name"], "arguments": "{}"}
            message = {
                "content": None,
                "tool_calls": [{"index": 0, "id": "t1", "type": "function", "function": call}],
            }
        else:
            message = {"content": last["content"], "reasoning_content": "hm"}
        finish = "tool_calls" if "tool_calls" in message else "stop"
        if asked.get("stream"):
            end = chunk({}, finish)
            self.reply("text/event-stream", [chunk(message), end, "data: [DONE]\n\n"])
        else:
            choice = {"index": 0, "message": message, "finish_reason": finish}
            usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
            body = {"id": "c", "model": "m", "choices": [choice], "usage": usage}
            self.reply("application/json", [json.dumps(body)])

    def reply(self, kind, pieces):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece.encode())


def chunk(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return "data: " + json.dumps({"id": "c", "model": "m", "choices": [choice]}) + "\n\n"


class Weather(BaseModel):
    degrees: int


TOOL = {
    "type": "function",
    "name": "weather",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}


def check(client):
    first = client.responses.create(model="m", input="how warm?", tools=[TOOL])
    call = next(item for item in first.output if item.type == "function_call")
    assert call.name == "weather", call
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "21"}
    second = client.responses.create(
        model="m", input=[output], tools=[TOOL], previous_response_id=first.id
    )
    assert second.output_text == "21", second
    assert second.output[0].type == "reasoning", second
    assert client.responses.retrieve(second.id) == second
    items = list(client.responses.input_items.list(second.id, order="asc", limit=1))
    assert [item.type for item in items] == ["message", "function_call", "function_call_output"]

    custom = {"type": "custom", "name": "sh", "description": "a shell"}
    assert (
        client.responses.create(model="m", input="ls", tools=[custom]).output[0].type
        == "custom_tool_call"
    )

    with client.responses.stream(model="m", input="said", tools=[]) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert final.output_text == "said", final
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds

    parsed = client.responses.parse(model="m", input="how warm?", text_format=Weather)
    assert parsed.output_parsed == Weather(degrees=21), parsed

    broken = list(client.responses.create(model="m", input="break", stream=True))
    assert [event.type for event in broken[-2:]] == ["error", "response.failed"], broken

    client.responses.delete(second.id)
    for gone in (
        lambda: client.responses.retrieve(second.id),
        lambda: client.responses.create(model="m", input="x", previous_response_id=second.id),
    ):
        try:
            gone()
            raise AssertionError("a deleted response is still there")
        except openai.NotFoundError as missing:
            assert missing.type == "invalid_request_error", missing


def main():
    provider = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Provider)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    check(openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[3], max_retries=0))
    print("ok, openai " + openai.__version__)


main()
