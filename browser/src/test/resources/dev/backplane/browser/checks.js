// What ModulesTest runs in the browser: functions of the module that is tested.
({
  numbers: m => [m.duration(0.5), m.duration(12.3456), m.duration(59999), m.duration(65000),
    m.duration(7500000), m.short(999), m.short(12345), m.short(1e6), m.cost(0.000123),
    m.cost(12.5), m.bytes(1500), String(m.millis("2026-01-02T03:04:05.000000006Z") % 1000 > 0)],

  collapsed: m => {
    let seed = 7;
    const dice = n => (seed = (seed * 48271) % 2147483647) % n;
    for (let round = 0; round < 200; round++) {
      const sizes = [];
      const grow = depth => {
        const at = sizes.push(1) - 1;
        for (let c = depth < 5 ? dice(4) : 0; c > 0; c--) grow(depth + 1);
        sizes[at] = sizes.length - at;
      };
      grow(0); grow(0);
      const collapsed = new m.Collapsed();
      const shut = new Map();
      for (let i = 0; i < 8; i++) {
        const at = dice(sizes.length);
        if (shut.has(at)) { shut.delete(at); collapsed.delete(at); }
        else { shut.set(at, sizes[at] - 1); collapsed.add(at, sizes[at] - 1); }
      }
      const visible = [];
      for (let at = 0; at < sizes.length; at += shut.has(at) ? sizes[at] : 1) visible.push(at);
      if (sizes.length - collapsed.total !== visible.length) return "count " + round;
      for (let i = 0; i < visible.length; i++) {
        if (collapsed.positionOf(i) !== visible[i]) return "position " + round;
        if (collapsed.indexOf(visible[i]) !== i) return "index " + round;
      }
      const hidden = dice(sizes.length);
      collapsed.reveal(hidden);
      if (collapsed.positionOf(collapsed.indexOf(hidden)) !== hidden) return "reveal " + round;
    }
    return "";
  },

  messages: m => [
    {role: "user", content: "hi"},
    {role: "assistant", content: [{type: "thinking", thinking: "hm"}, {type: "tool_use", id: "1", name: "f", input: {a: 1}}]},
    {role: "user", content: [{type: "tool_result", tool_use_id: "1", content: [{type: "text", text: "ok"}]}]},
    {role: "model", parts: [{functionCall: {name: "g", args: {}}}, {text: "x"}]},
    {role: "assistant", parts: [{type: "tool_call", id: "2", name: "h", arguments: "{\"b\":2}"}]},
    {role: "tool", parts: [{type: "tool_call_response", id: "2", result: "done"}]},
    {type: "function_call", call_id: "3", name: "i", arguments: "{}"},
    {role: "user", content: [{type: "image_url", image_url: {url: "javascript:x"}}]},
    {role: "user", content: [{type: "surprise", x: 1}]},
  ].map(one => m.message(one)).map(one => one.role + ": " + one.parts.map(p => p.type).join(", ")),

  schemas: m => [
    {metadata: {response_format: {type: "json_schema", json_schema: {name: "n", schema: {title: "chat"}}}}},
    {attributes: {"llm.invocation_parameters": '{"response_format":{"type":"json_schema","json_schema":{"schema":{"title":"invocation"}}},"top_p":0.5}'}},
    {input: '{"input":"hi","text":{"format":{"type":"json_schema","name":"n","schema":{"title":"responses"}}}}'},
    {input: {messages: [], output_config: {format: {type: "json_schema", schema: {title: "messages"}}}}},
    {input: {contents: [], generationConfig: {responseSchema: {title: "gemini"}}}},
    {input: {messages: [], format: {title: "ollama"}}},
    {input: {messages: [], response_format: {type: "json_object"}}},
    {input: "plain"},
  ].map(span => m.fromSpan(span)).map(({prompt, run}) => (prompt.schema ? JSON.parse(prompt.schema).title : "none") + " " + run.other.replace(/\s+/g, "") + (run.settings.top_p ?? "")),
})
