package dev.backplane.bench.runs;

import java.util.List;
import java.util.Locale;

/// What tools return and prompts contain: JSON records, source files, test logs, pages, tables.
final class Documents {
    private static final Grammar ENGLISH = Grammar.ENGLISH;

    private Documents() {}

    /// A policy or instruction of about `length` characters, with headings and bullet points.
    static String policy(String title, String slot, int length, Dice dice) {
        StringBuilder out = new StringBuilder(length + 400).append("# ").append(title);
        while (out.length() < length) {
            out.append("\n\n## ").append(capitalised(ENGLISH.text("topic", dice))).append('\n');
            for (int rule = dice.between(3, 8); rule > 0; rule--) {
                out.append("\n- ").append(capitalised(ENGLISH.text(slot, dice)));
            }
        }
        return out.toString();
    }

    private static String capitalised(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }

    /// Definitions of the tools, a JSON array in the form of the GenAI conventions.
    static String toolDefinitions(List<String> tools) {
        StringBuilder out = new StringBuilder("[");
        for (String tool : tools) {
            Dice dice = new Dice(tool.hashCode());
            out.append(out.length() > 1 ? "," : "");
            out.append("{\"type\":\"function\",\"name\":\"").append(tool);
            out.append("\",\"description\":");
            JsonString.append(out, capitalised(ENGLISH.texts("sentence", 160, " ", dice)));
            out.append(",\"parameters\":{\"type\":\"object\",\"properties\":{");
            int parameters = dice.between(1, 4);
            for (int i = 0; i < parameters; i++) {
                out.append(i == 0 ? "\"" : ",\"").append(ENGLISH.identifier(dice)).append(i);
                out.append("\":{\"type\":\"").append(i % 2 == 0 ? "string" : "integer");
                out.append("\",\"description\":");
                JsonString.append(out, capitalised(ENGLISH.text("clause", dice))).append('}');
            }
            out.append("},\"additionalProperties\":false}}");
        }
        return out.append(']').toString();
    }

    /// An object of members whose values are grammar slots: `arguments(dice, "user_id",
    /// "user_id")`.
    static String object(Dice dice, String... namesAndSlots) {
        StringBuilder out = new StringBuilder("{");
        for (int i = 0; i < namesAndSlots.length; i += 2) {
            out.append(i == 0 ? "\"" : ",\"").append(namesAndSlots[i]).append("\":");
            JsonString.append(out, ENGLISH.text(namesAndSlots[i + 1], dice));
        }
        return out.append('}').toString();
    }

    static String userProfile(String userId, Dice dice) {
        StringBuilder out = new StringBuilder("{\"user_id\": \"").append(userId);
        out.append("\", \"name\": {\"first_name\": ").append(json("first", dice));
        out.append(", \"last_name\": ").append(json("last", dice));
        out.append("}, \"address\": {\"address1\": ").append(json("street", dice));
        out.append(", \"address2\": \"Suite ").append(dice.between(100, 999));
        out.append("\", \"city\": ").append(json("city", dice));
        out.append(", \"country\": \"USA\", \"zip\": \"").append(dice.between(10_000, 99_999));
        out.append("\"}, \"dob\": \"19").append(dice.between(50, 99));
        out.append("-0").append(dice.between(1, 9)).append("-1").append(dice.below(10));
        out.append("\", \"payment_methods\": {");
        int methods = dice.between(1, 4);
        for (int i = 0; i < methods; i++) {
            String kind = dice.pick(List.of("credit_card", "gift_card", "certificate"));
            String id = kind + "_" + dice.between(1_000_000, 9_999_999);
            out.append(i == 0 ? "\"" : ", \"").append(id).append("\": {\"source\": \"");
            out.append(kind).append("\", \"amount\": ").append(dice.between(20, 500));
            out.append(", \"id\": \"").append(id).append("\"}");
        }
        out.append("}, \"membership\": \"");
        out.append(dice.pick(List.of("regular", "silver", "gold")))
                .append("\", \"reservations\": [");
        int reservations = dice.between(1, 6);
        for (int i = 0; i < reservations; i++) {
            out.append(i == 0 ? "" : ", ").append(json("reservation", dice));
        }
        return out.append("]}").toString();
    }

    static String reservation(String id, Dice dice) {
        StringBuilder out = new StringBuilder("{\"reservation_id\": \"").append(id);
        out.append("\", \"user_id\": ").append(json("user_id", dice));
        out.append(", \"cabin\": ").append(json("cabin", dice));
        out.append(", \"flights\": ").append(flights(dice, dice.between(1, 4)));
        out.append(", \"passengers\": [");
        int passengers = dice.between(1, 4);
        for (int i = 0; i < passengers; i++) {
            out.append(i == 0 ? "" : ", ").append("{\"first_name\": ").append(json("first", dice));
            out.append(", \"last_name\": ").append(json("last", dice)).append('}');
        }
        out.append("], \"total_baggages\": ").append(dice.below(5));
        out.append(", \"insurance\": \"").append(dice.chance(0.4) ? "yes" : "no");
        return out.append("\", \"created_at\": \"2026-05-0")
                .append(dice.between(1, 9))
                .append("T")
                .append(ENGLISH.text("clock", dice))
                .append("\"}")
                .toString();
    }

    static String flights(Dice dice, int count) {
        StringBuilder out = new StringBuilder("[");
        String origin = ENGLISH.text("airport", dice);
        String destination = ENGLISH.text("airport", dice);
        for (int i = 0; i < count; i++) {
            out.append(i == 0 ? "" : ", ");
            out.append("{\"flight_number\": ").append(json("flight", dice));
            out.append(", \"origin\": \"").append(origin);
            out.append("\", \"destination\": \"").append(destination);
            out.append("\", \"scheduled_departure_time_est\": ").append(json("clock", dice));
            out.append(", \"scheduled_arrival_time_est\": ").append(json("clock", dice));
            out.append(", \"status\": \"available\", \"available_seats\": {\"basic_economy\": ");
            out.append(dice.below(20)).append(", \"economy\": ").append(dice.below(20));
            out.append(", \"business\": ").append(dice.below(20));
            out.append("}, \"prices\": {\"basic_economy\": ").append(dice.between(50, 99));
            out.append(", \"economy\": ").append(dice.between(100, 199));
            out.append(", \"business\": ").append(dice.between(200, 499)).append("}}");
        }
        return out.append(']').toString();
    }

    /// Hits of a web or file search.
    static String searchResults(Dice dice, int count) {
        StringBuilder out = new StringBuilder("{\"results\":[");
        for (int i = 0; i < count; i++) {
            String title = ENGLISH.text("topic", dice);
            out.append(i == 0 ? "" : ",").append("{\"title\":");
            JsonString.append(out, capitalised(title));
            out.append(",\"url\":\"https://").append(ENGLISH.text("last_lower", dice));
            out.append(".example/").append(title.replaceAll("[^A-Za-z0-9]+", "-"));
            out.append("\",\"published\":").append(json("date", dice)).append(",\"snippet\":");
            JsonString.append(out, ENGLISH.texts("sentence", 220, " ", dice));
            out.append(",\"score\":").append(String.format(Locale.ROOT, "%.4f", dice.fraction()));
            out.append('}');
        }
        return out.append("]}").toString();
    }

    /// An article of about `length` characters.
    static String page(int length, Dice dice) {
        StringBuilder out = new StringBuilder(length + 1_000);
        while (out.length() < length) {
            out.append(out.isEmpty() ? "# " : "\n\n## ");
            out.append(capitalised(ENGLISH.text("topic", dice))).append("\n\n");
            for (int paragraph = dice.between(1, 4); paragraph > 0; paragraph--) {
                out.append(ENGLISH.texts("sentence", dice.between(200, 900), " ", dice));
                out.append("\n\n");
            }
        }
        return out.toString();
    }

    static String helpArticle(Dice dice, int length) {
        StringBuilder out = new StringBuilder();
        out.append(capitalised(ENGLISH.text("help_question", dice))).append("\n\n");
        return out.append(ENGLISH.texts("help_step", length, " ", dice)).toString();
    }

    /// Lines of `slot` up to about `length` characters.
    static String lines(String slot, int length, Dice dice) {
        StringBuilder out = new StringBuilder(length + 200);
        while (out.length() < length) {
            out.append(ENGLISH.text(slot, dice)).append('\n');
        }
        return out.toString();
    }

    /// Comma-separated rows of numbers and names.
    static String table(int length, Dice dice) {
        StringBuilder out = new StringBuilder(length + 200);
        out.append("id,name,region,amount,currency,date\n");
        int id = dice.between(1_000, 900_000);
        while (out.length() < length) {
            out.append(id++).append(',').append(ENGLISH.text("last", dice)).append(' ');
            out.append(ENGLISH.text("noun", dice)).append(',');
            out.append(ENGLISH.text("place", dice)).append(',').append(dice.below(1_000_000));
            out.append('.').append(dice.between(10, 99)).append(",EUR,");
            out.append(ENGLISH.text("date", dice)).append('\n');
        }
        return out.toString();
    }

    /// Base64 of random bytes, as of an image: nothing can compress it below three quarters.
    static String image(int length, Dice dice) {
        String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        StringBuilder out = new StringBuilder(length + 32).append("data:image/png;base64,");
        while (out.length() < length) {
            long bits = dice.next();
            for (int i = 0; i < 10; i++) {
                out.append(digits.charAt((int) (bits >>> (6 * i)) & 63));
            }
        }
        return out.toString();
    }

    private static String json(String slot, Dice dice) {
        return JsonString.of(ENGLISH.text(slot, dice));
    }
}
