import { Ollama } from "ollama";
import { all, key, root, run } from "./cases.mjs";

const client = new Ollama({ host: root, headers: { Authorization: `Bearer ${key}` } });
const names = async () => (await client.list()).models.map((model) => model.name);

await run({
  async pull(model) {
    const parts = await all(await client.pull({ model, stream: true }));
    const statuses = parts.filter((part) => !part.digest).map((part) => part.status);
    const last = parts.filter((part) => part.digest).at(-1);
    return [...statuses, last.completed === last.total];
  },

  async pullWhole(model) {
    return (await client.pull({ model })).status;
  },

  async list() {
    const [model] = (await client.list()).models;
    return [await names(), model.size > 10_000, model.details.family];
  },

  async show(model) {
    const shown = await client.show({ model });
    return [shown.details.family, shown.capabilities, shown.license];
  },

  async chat(model) {
    const messages = [{ role: "user", content: "hi" }];
    const options = { num_predict: 4 };
    const answer = await client.chat({ model, messages, options });
    return [answer.done, answer.eval_count > 0];
  },

  async copy(model) {
    const { status } = await client.copy({ source: model, destination: "second" });
    const found = await names();
    return [found.length, status, found.includes("second:latest")];
  },

  async create(model) {
    const request = { model: "pirate", from: model, system: "Speak like a pirate." };
    const { status } = await client.create({ ...request, parameters: { temperature: 0 } });
    const shown = await client.show({ model: "pirate" });
    return [status, shown.system, shown.parameters.includes("temperature")];
  },

  async remove(model) {
    for (const name of [model, "second", "pirate"]) {
      await client.delete({ model: name });
    }
    return names();
  },

  async unknown(model) {
    return client.pull({ model: `${model}-other` });
  },

  async elsewhere() {
    return client.pull({ model: "nobody.example/a/b" });
  },
});
