import { Ollama } from "ollama";
import { z } from "zod";
import { all, City, key, picture, root, run, thrown } from "./cases.mjs";

const headers = { Authorization: `Bearer ${key}` };
const client = new Ollama({ host: root, headers });
const user = (content, more) => [{ role: "user", content, ...more }];
const weather = {
  type: "function",
  function: {
    name: "weather",
    description: "Tells the weather.",
    parameters: { type: "object", required: ["city"], properties: { city: { type: "string" } } },
  },
};

await run({
  async chat(model) {
    const answer = await client.chat({ model, messages: user("hi") });
    return [answer.message.content, answer.done_reason, answer.prompt_eval_count, answer.eval_count];
  },

  async stream(model) {
    const parts = await all(await client.chat({ model, messages: user("hi"), stream: true }));
    const said = parts.map((part) => part.message.content).join("");
    return [parts.length > 2, said, parts.at(-1).done, parts.at(-1).eval_count];
  },

  async thinking(model) {
    const answer = await client.chat({ model, messages: user("think"), think: true });
    return [answer.message.thinking, answer.message.content];
  },

  async tools(model) {
    const messages = user("weather?");
    const first = await client.chat({ model, messages, tools: [weather] });
    const call = first.message.tool_calls[0].function;
    messages.push(first.message);
    messages.push({ role: "tool", tool_name: call.name, content: `sun in ${call.arguments.city}` });
    const second = await client.chat({ model, messages, tools: [weather] });
    return [call.arguments, second.message.content];
  },

  async streamedTools(model) {
    const parts = await all(
      await client.chat({ model, messages: user("weather?"), tools: [weather], stream: true }),
    );
    return parts.flatMap((part) => part.message.tool_calls ?? []).map((call) => call.function.arguments);
  },

  async structured(model) {
    const format = z.toJSONSchema(City);
    const answer = await client.chat({ model, messages: user("a city"), format });
    return City.parse(JSON.parse(answer.message.content));
  },

  async image(model) {
    const answer = await client.chat({ model, messages: user("what is it?", { images: [picture] }) });
    return answer.message.content;
  },

  async abort(model) {
    const stream = await client.chat({ model, messages: user("stall"), stream: true });
    for await (const _ of stream) {
      stream.abort();
    }
  },

  async models(model) {
    const listed = (await client.list()).models.map((found) => found.name);
    const shown = await client.show({ model });
    return [listed, shown.capabilities.includes("tools"), (await client.ps()).models];
  },

  async version() {
    return (await client.version()).version;
  },

  async wrongKey(model) {
    const stranger = new Ollama({ host: root, headers: { Authorization: "Bearer wrong" } });
    return stranger.chat({ model, messages: user("hi") });
  },

  async unknownModel() {
    return client.chat({ model: "nobody", messages: user("hi") });
  },

  async refused(model) {
    return client.chat({ model, messages: user("fail 429") });
  },

  async refusedStream(model) {
    return client.chat({ model, messages: user("fail 400"), stream: true }).then(all);
  },

  async pull(model) {
    return client.pull({ model }).catch(thrown);
  },
});
