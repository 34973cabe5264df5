package dev.backplane.bench.measure;

/// Forms of answers as tools and programs ask for them.
final class FormSamples {
    /// Of the arguments of a tool that edits files.
    static final String TOOL_CALL =
            """
            {"type": "object", "additionalProperties": false,
             "required": ["name", "arguments"],
             "properties": {
               "name": {"enum": ["edit_file", "read_file", "search"]},
               "arguments": {"$ref": "#/$defs/arguments"}},
             "$defs": {
               "arguments": {"type": "object", "additionalProperties": false,
                 "required": ["path", "edits"],
                 "properties": {
                   "path": {"type": "string", "minLength": 1, "maxLength": 200},
                   "edits": {"type": "array", "minItems": 1, "maxItems": 20,
                     "items": {"$ref": "#/$defs/edit"}},
                   "dry_run": {"type": "boolean"},
                   "reason": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
               "edit": {"type": "object", "additionalProperties": false,
                 "required": ["line", "text"],
                 "properties": {
                   "line": {"type": "integer", "minimum": 1, "maximum": 100000},
                   "text": {"type": "string"},
                   "mode": {"const": "replace"}}}}}
            """;

    /// A date, a level and a message.
    static final String EXPRESSION =
            "[0-9]{4}-[0-9]{2}-[0-9]{2} (INFO|WARN|ERROR) [A-Za-z0-9 ,.;:'\"()-]{200,400}";

    private FormSamples() {}
}
