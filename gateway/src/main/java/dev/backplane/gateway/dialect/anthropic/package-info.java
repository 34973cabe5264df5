/// Anthropic's language: `POST /v1/messages`, its stream, `count_tokens` and errors
/// (https://docs.anthropic.com/en/api/messages), for clients of ours and for providers.
///
/// | in the dialect | in the model |
/// |---|---|
/// | `system` | a first message of role `system` |
/// | `tool_use`, `tool_result`, `thinking`, `redacted_thinking`, `image` | parts |
/// | `document` of base64, text, URL or file | `Part.File`; its title is the name |
/// | other blocks (`server_tool_use`, `search_result`, …) | `Part.Other` |
/// | `cache_control`, `citations` | `Extras` of the part |
/// | `tool_choice.disable_parallel_tool_use` | `Setting.PARALLEL_TOOL_CALLS`, inverted |
/// | `thinking.budget_tokens` | `Setting.REASONING_BUDGET` |
/// | `output_config.effort`, `.format` | `Setting.REASONING_EFFORT`, the output format |
/// | `metadata.user_id` | the user |
/// | headers `anthropic-version`, `anthropic-beta` | extras, see [Headers] |
///
/// What an answer has beyond the model is told as an `Event.Other` named by its path: `content[2]`
/// is a whole block of another type, `content[0].citations[1]` a citation of the text in block 0.
/// Adjacent text blocks count as one, because that is what they become.
@NullMarked
package dev.backplane.gateway.dialect.anthropic;

import org.jspecify.annotations.NullMarked;
