import OpenAI from "openai";
import { zodFunction, zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import { all, City, key, picture, root, run, thrown } from "./cases.mjs";

const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: key, maxRetries: 0 });
const user = (content) => [{ role: "user", content }];
const weather = (asked) =>
  zodFunction({
    name: "weather",
    parameters: z.object({ city: z.string(), days: z.number().int() }),
    function: (input) => {
      asked.push(input);
      return `sun in ${input.city}`;
    },
  });
const tool = {
  type: "function",
  name: "weather",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } } },
};

await run({
  async chat(model) {
    const answer = await client.chat.completions.create({ model, messages: user("hi") });
    return [answer.choices[0].message.content, answer.choices[0].finish_reason, answer.usage.total_tokens];
  },

  async stream(model) {
    const stream = client.chat.completions.stream({
      model,
      messages: user("hi"),
      stream_options: { include_usage: true },
    });
    const pieces = [];
    stream.on("content", (piece) => pieces.push(piece));
    const whole = await stream.finalChatCompletion();
    return [pieces.length > 1, pieces.join(""), whole.choices[0].finish_reason, whole.usage.total_tokens];
  },

  async tools(model) {
    const asked = [];
    const runner = client.chat.completions.runTools({
      model,
      messages: user("weather?"),
      tools: [weather(asked)],
    });
    return [asked, await runner.finalContent()];
  },

  async streamedTools(model) {
    const asked = [];
    const runner = client.chat.completions.runTools({
      model,
      stream: true,
      messages: user("weather?"),
      tools: [weather(asked)],
    });
    return [asked, await runner.finalContent()];
  },

  async structured(model) {
    const answer = await client.chat.completions.parse({
      model,
      messages: user("a city"),
      response_format: zodResponseFormat(City, "city"),
    });
    return answer.choices[0].message.parsed;
  },

  async image(model) {
    const answer = await client.chat.completions.create({
      model,
      messages: user([
        { type: "text", text: "what is it?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${picture}` } },
      ]),
    });
    return answer.choices[0].message.content;
  },

  async responses(model) {
    const first = await client.responses.create({ model, input: "weather?", tools: [tool] });
    const call = first.output.find((item) => item.type === "function_call");
    const second = await client.responses.create({
      model,
      previous_response_id: first.id,
      input: [{ type: "function_call_output", call_id: call.call_id, output: "sun" }],
      tools: [tool],
    });
    const kept = await client.responses.retrieve(second.id);
    const items = await all(client.responses.inputItems.list(second.id, { order: "asc", limit: 1 }));
    await client.responses.delete(second.id);
    const gone = await client.responses.retrieve(second.id).catch(thrown);
    return [call.arguments, second.output_text, kept.output_text, items.map((item) => item.type), gone.status];
  },

  async streamedResponse(model) {
    const stream = client.responses.stream({ model, input: "think", store: false });
    const kinds = (await all(stream)).map((event) => event.type);
    const whole = await stream.finalResponse();
    return [kinds[0], kinds.at(-1), whole.output.map((item) => item.type), whole.output_text, whole.store];
  },

  async backgroundResponse(model) {
    let answer = await client.responses.create({ model, input: "hi", background: true });
    const begun = answer.status;
    while (answer.status === "queued" || answer.status === "in_progress") {
      answer = await client.responses.retrieve(answer.id);
    }
    return [begun, answer.status, answer.output_text];
  },

  async backgroundStream(model) {
    const heard = [];
    for await (const event of await client.responses.create({ model, input: "hi", background: true, stream: true })) {
      heard.push(event);
    }
    const half = heard.find((event) => event.type === "response.output_text.delta");
    const after = { response_id: heard[0].response.id, starting_after: half.sequence_number };
    const rest = await all(client.responses.stream(after));
    const same = rest.at(-1).sequence_number === heard.at(-1).sequence_number;
    return [heard[1].type, rest.length > 1, same, rest.at(-1).response.output.at(-1).content[0].text];
  },

  async conversation(model) {
    const item = { type: "message", role: "user", content: "hi" };
    const conversation = await client.conversations.create({ items: [item], metadata: { topic: "a" } });
    const answer = await client.responses.create({ model, input: "well?", conversation: conversation.id });
    const items = await all(client.conversations.items.list(conversation.id, { order: "asc", limit: 1 }));
    await client.conversations.items.delete(items[0].id, { conversation_id: conversation.id });
    const left = await client.conversations.items.list(conversation.id);
    const changed = await client.conversations.update(conversation.id, { metadata: { topic: "b" } });
    await client.conversations.delete(conversation.id);
    const gone = await client.conversations.retrieve(conversation.id).catch(thrown);
    const roles = items.map((each) => each.role);
    return [answer.output_text, roles, left.data.length, changed.metadata.topic, gone.status];
  },

  async structuredResponse(model) {
    const answer = await client.responses.parse({
      model,
      input: "a city",
      text: { format: zodTextFormat(City, "city") },
    });
    return answer.output_parsed;
  },

  async imageInResponse(model) {
    const answer = await client.responses.create({
      model,
      input: user([
        { type: "input_text", text: "what is it?" },
        { type: "input_image", detail: "auto", image_url: `data:image/png;base64,${picture}` },
      ]),
    });
    return answer.output_text;
  },

  // Codex offers all of these with every request.
  async agentTools(model) {
    const namespace = { type: "namespace", name: "team", description: "Others.", tools: [tool] };
    const grammar = { type: "grammar", syntax: "lark", definition: "start: /.+/s" };
    const patch = { type: "custom", name: "apply_patch", format: grammar };
    const answer = await client.responses.create({
      model,
      input: "go",
      tools: [{ type: "web_search" }, namespace, patch],
    });
    return [
      answer.output.map((item) => [item.type, item.namespace, item.name, item.arguments ?? item.input]),
      answer.tools.map((offered) => offered.type),
    ];
  },

  async abort(model) {
    const controller = new AbortController();
    const stream = await client.chat.completions.create(
      { model, messages: user("stall"), stream: true },
      { signal: controller.signal },
    );
    for await (const _ of stream) {
      controller.abort();
    }
    return controller.signal.aborted;
  },

  async models(model) {
    const ids = (await all(client.models.list())).map((found) => found.id);
    return [ids, (await client.models.retrieve(model)).object];
  },

  async wrongKey(model) {
    const stranger = new OpenAI({ baseURL: `${root}/v1`, apiKey: "wrong" });
    return stranger.chat.completions.create({ model, messages: user("hi") });
  },

  async unknownModel() {
    return client.chat.completions.create({ model: "nobody", messages: user("hi") });
  },

  async badRequest(model) {
    return client.chat.completions.create({ model, messages: user("hi"), temperature: "warm" });
  },

  async refused(model) {
    return client.chat.completions.create({ model, messages: user("fail 429") });
  },

  async refusedStream(model) {
    return client.chat.completions.create({ model, messages: user("fail 400"), stream: true });
  },
});
