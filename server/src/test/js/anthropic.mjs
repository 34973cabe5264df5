import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";
import { all, City, key, picture, root, run } from "./cases.mjs";

const client = new Anthropic({ baseURL: root, apiKey: key, maxRetries: 0 });
const ask = (model, content) => ({ model, max_tokens: 100, messages: [{ role: "user", content }] });
const weather = (asked) =>
  betaZodTool({
    name: "weather",
    description: "Tells the weather.",
    inputSchema: z.object({ city: z.string(), days: z.number().int() }),
    run: (input) => {
      asked.push(input);
      return `sun in ${input.city}`;
    },
  });
const texts = (message) => message.content.map((block) => block.text).join("");

await run({
  async message(model) {
    const answer = await client.messages.create({ ...ask(model, "hi"), system: "be short" });
    return [texts(answer), answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens];
  },

  async stream(model) {
    const stream = client.messages.stream(ask(model, "hi"));
    const pieces = [];
    stream.on("text", (piece) => pieces.push(piece));
    const whole = await stream.finalMessage();
    return [pieces.length > 1, pieces.join(""), whole.stop_reason, whole.usage.output_tokens];
  },

  async thinking(model) {
    const stream = client.messages.stream({
      ...ask(model, "think"),
      max_tokens: 4_000,
      thinking: { type: "enabled", budget_tokens: 2_000 },
    });
    const whole = await stream.finalMessage();
    return whole.content.map((block) => [block.type, block.thinking ?? block.text]);
  },

  async tools(model) {
    const asked = [];
    const runner = client.beta.messages.toolRunner({ ...ask(model, "weather?"), tools: [weather(asked)] });
    return [asked, texts(await runner.runUntilDone())];
  },

  async streamedTools(model) {
    const asked = [];
    const runner = client.beta.messages.toolRunner({
      ...ask(model, "weather?"),
      tools: [weather(asked)],
      stream: true,
    });
    let last;
    for await (const stream of runner) {
      last = await stream.finalMessage();
    }
    return [asked, texts(last)];
  },

  async structured(model) {
    const answer = await client.messages.parse({
      ...ask(model, "a city"),
      output_config: { format: zodOutputFormat(City) },
    });
    return answer.parsed_output;
  },

  async image(model) {
    const source = { type: "base64", media_type: "image/png", data: picture };
    const answer = await client.messages.create(
      ask(model, [{ type: "image", source }, { type: "text", text: "what is it?" }]),
    );
    return texts(answer);
  },

  async abort(model) {
    const stream = client.messages.stream(ask(model, "stall"));
    stream.on("text", () => stream.abort());
    return stream.finalMessage();
  },

  async models(model) {
    const found = await all(client.models.list({ limit: 1 }));
    return [found.map((one) => one.id), (await client.models.retrieve(model)).type];
  },

  async countTokens(model) {
    return client.messages.countTokens({ model, messages: [{ role: "user", content: "hi" }] });
  },

  // With retries as they are by default: what nobody can answer is asked once.
  async wrongKey(model) {
    return new Anthropic({ baseURL: root, apiKey: "wrong" }).messages.create(ask(model, "hi"));
  },

  async unknownModel() {
    return client.messages.create(ask("nobody", "hi"));
  },

  async unknownModelInBeta() {
    return client.models.retrieve("nobody");
  },

  async badRequest(model) {
    return client.messages.create({ ...ask(model, "hi"), temperature: "warm" });
  },

  async refused(model) {
    return client.messages.create(ask(model, "fail 429"));
  },

  async refusedStream(model) {
    return client.messages.stream(ask(model, "fail 400")).finalMessage();
  },
});
