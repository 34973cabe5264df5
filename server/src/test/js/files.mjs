import OpenAI, { toFile } from "openai";
import { key, root, run } from "./cases.mjs";

const client = new OpenAI({ baseURL: `${root}/v1`, apiKey: key, maxRetries: 0 });

await run({
  async file() {
    const text = "grüezi\n".repeat(1000);
    const file = await client.files.create({
      file: await toFile(Buffer.from(text), "ä b.jsonl"),
      purpose: "batch",
      expires_after: { anchor: "created_at", seconds: 3600 },
    });
    const same = await (await client.files.content(file.id)).text();
    const listed = [];
    for await (const one of client.files.list({ purpose: "batch", limit: 1 })) {
      listed.push(one.id === file.id);
    }
    const known = await client.files.retrieve(file.id);
    const deleted = await client.files.delete(file.id);
    return [known.filename, known.bytes, known.expires_at - known.created_at, same === text, listed, deleted.deleted];
  },

  async batch(model) {
    const line = (id, content) =>
      JSON.stringify({
        custom_id: id,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model, messages: [{ role: "user", content }] },
      });
    const lines = [line("a", "one"), line("b", "two")].join("\n");
    const file = await client.files.create({ file: await toFile(Buffer.from(lines), "in.jsonl"), purpose: "batch" });
    const made = await client.batches.create({
      input_file_id: file.id,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    });
    let batch = made;
    while (["validating", "in_progress", "finalizing"].includes(batch.status)) {
      await new Promise((later) => setTimeout(later, 20));
      batch = await client.batches.retrieve(made.id);
    }
    const output = await (await client.files.content(batch.output_file_id)).text();
    const said = output
      .trim()
      .split("\n")
      .map(JSON.parse)
      .map((answer) => `${answer.custom_id} ${answer.response.body.choices[0].message.content}`)
      .sort();
    const listed = [];
    for await (const one of client.batches.list({ limit: 1 })) {
      listed.push(one.id === made.id);
    }
    return [batch.status, batch.request_counts, said, listed];
  },

  async missing() {
    return client.files.retrieve("file-0");
  },
});
