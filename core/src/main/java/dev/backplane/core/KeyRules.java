package dev.backplane.core;

/// Which texts are keys of an [ObjectStore].
final class KeyRules {
    private static final int KEY_LENGTH_MAX = 512;
    private static final int PART_LENGTH_MAX = 200;

    private KeyRules() {}

    static boolean isKey(String key) {
        return isPrefix(key) && !key.isEmpty() && !key.endsWith("/");
    }

    static boolean isPrefix(String prefix) {
        if (prefix.isEmpty()) {
            return true;
        }
        if (prefix.length() > KEY_LENGTH_MAX) {
            return false;
        }
        String[] parts = prefix.split("/", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean open = i > 0 && i == parts.length - 1 && parts[i].isEmpty();
            if (!open && !isPart(parts[i])) {
                return false;
            }
        }
        return true;
    }

    /// Whether this is one part of a key: a name of a file or directory in a directory store.
    static boolean isPart(String part) {
        if (part.isEmpty() || part.length() > PART_LENGTH_MAX || part.charAt(0) == '.') {
            return false;
        }
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            boolean allowed =
                    c >= 'a' && c <= 'z'
                            || c >= 'A' && c <= 'Z'
                            || c >= '0' && c <= '9'
                            || c == '.'
                            || c == '_'
                            || c == '-';
            if (!allowed) {
                return false;
            }
        }
        return !part.contains("..");
    }

    static Problem invalid(String name, String text) {
        return Problem.invalid(name + " is not allowed", "'" + printable(text) + "'")
                .fix(
                        "use up to 512 characters of A-Z a-z 0-9 . _ - in parts of 1 to 200"
                                + " characters separated by /, no part beginning with a dot or"
                                + " containing two in a row");
    }

    private static String printable(String text) {
        String head = text.length() <= 80 ? text : text.substring(0, 80) + "…";
        return head.replaceAll("[^ -~…]", "?");
    }
}
