package dev.backplane.architecture;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ImportTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TryTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import dev.backplane.architecture.SourceTree.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// The rules for one file, as functions from its text to findings `path:line: what is wrong`.
///
/// What a line can show is matched as text; what needs the grammar (function lengths, `var`) comes
/// from javac's parser, so that a brace in a string never counts.
final class StyleRules {
    static final int LINE_LENGTH_MAX = 100;
    static final int FILE_LINES_WARN = 500;
    static final int FILE_LINES_MAX = 700;
    static final int FUNCTION_LINES_MAX = 70;

    private record LineRule(Pattern pattern, String finding) {}

    // The brackets keep these expressions from matching themselves.
    private static final List<LineRule> EVERYWHERE =
            List.of(
                    new LineRule(
                            Pattern.compile("\\b(T[O]DO|F[I]XME|X[X]X)\\b"),
                            "open end: finish it, or describe it in an issue"),
                    new LineRule(
                            Pattern.compile("(?<![\\w.}])/(wor[k]|hom[e]|Use[r]s|roo[t])/\\w"),
                            "path of one machine"),
                    new LineRule(
                            Pattern.compile("(?i)<<<<<<[<] |>>>>>>[>] "), "merge conflict mark"));
    private static final List<LineRule> JAVA =
            List.of(
                    new LineRule(Pattern.compile("\t"), "tab"),
                    new LineRule(Pattern.compile("[ ]+$"), "space at the end of the line"),
                    new LineRule(
                            Pattern.compile("^\\s*/[*][*]"),
                            "old javadoc comment: write Markdown with three slashes"),
                    new LineRule(
                            Pattern.compile("^\\s*(///|[*]).*@auth[o]r"),
                            "author tag: the history knows"));
    private static final List<LineRule> JAVA_MAIN =
            List.of(
                    new LineRule(
                            Pattern.compile("@SuppressWarnings\\((?!.*//)"),
                            "suppression without its reason in a comment on the line"));

    private StyleRules() {}

    /// Findings in any text file.
    static List<String> text(File file) {
        List<String> findings = new ArrayList<>(match(file, EVERYWHERE));
        if (file.isJava()) {
            findings.addAll(match(file, JAVA));
            findings.addAll(longLines(file));
            int lines = lineCount(file);
            if (lines > FILE_LINES_MAX) {
                findings.add(at(file, lines, "file above " + FILE_LINES_MAX + " lines: split it"));
            }
        }
        if (file.isJava() && file.isMain()) {
            findings.addAll(match(file, JAVA_MAIN));
        }
        return findings;
    }

    static int lineCount(File file) {
        return (int) file.text().lines().count();
    }

    private static List<String> match(File file, List<LineRule> rules) {
        List<String> findings = new ArrayList<>();
        List<String> lines = file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            for (LineRule rule : rules) {
                Matcher matcher = rule.pattern().matcher(lines.get(i));
                if (matcher.find()) {
                    findings.add(at(file, i + 1, rule.finding()));
                }
            }
        }
        return findings;
    }

    /// A line that nothing can break (an import, a URL, one long literal) may be long.
    private static List<String> longLines(File file) {
        List<String> findings = new ArrayList<>();
        List<String> lines = file.text().lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            String words = line.strip().replaceFirst("^(//+|import( static)?) ", "");
            if (line.length() > LINE_LENGTH_MAX && words.contains(" ")) {
                findings.add(at(file, i + 1, "line of " + line.length() + " characters"));
            }
        }
        return findings;
    }

    /// Findings that need the grammar, for all files in one run of the parser.
    static List<String> grammar(List<File> files) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<URI, File> byUri = new LinkedHashMap<>();
        files.stream().filter(File::isJava).forEach(file -> byUri.put(uri(file), file));
        List<Source> sources = byUri.values().stream().map(Source::new).toList();
        JavacTask task = (JavacTask) compiler.getTask(null, null, _ -> {}, null, null, sources);
        SourcePositions positions = Trees.instance(task).getSourcePositions();
        List<String> findings = new ArrayList<>();
        try {
            for (CompilationUnitTree unit : task.parse()) {
                File file = Objects.requireNonNull(byUri.get(unit.getSourceFile().toUri()));
                new Grammar(file, unit, positions, findings).scan(unit, null);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        findings.sort(Comparator.naturalOrder());
        return findings;
    }

    private static URI uri(File file) {
        return URI.create("string:///" + file.path());
    }

    private static String at(File file, long line, String finding) {
        return "%s:%d: %s".formatted(file.path(), line, finding);
    }

    private static final class Grammar extends TreePathScanner<Void, Void> {
        private final File file;
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<String> findings;

        Grammar(
                File file,
                CompilationUnitTree unit,
                SourcePositions positions,
                List<String> findings) {
            this.file = file;
            this.unit = unit;
            this.positions = positions;
            this.findings = findings;
        }

        @Override
        public Void visitImport(ImportTree node, Void nothing) {
            boolean wildcard = node.getQualifiedIdentifier().toString().endsWith("*");
            if (file.isMain() && (node.isModule() || wildcard)) {
                report(node, "import without a name");
            } else if (wildcard) {
                report(node, "wildcard import");
            }
            return super.visitImport(node, nothing);
        }

        @Override
        public Void visitMethod(MethodTree node, Void nothing) {
            Tree body = node.getBody();
            if (body != null) {
                long lines = line(positions.getEndPosition(unit, body)) - line(start(body)) + 1;
                if (lines > FUNCTION_LINES_MAX) {
                    report(node, "function %s of %d lines".formatted(node.getName(), lines));
                }
            }
            return super.visitMethod(node, nothing);
        }

        @Override
        public Void visitVariable(VariableTree node, Void nothing) {
            Tree parent = getCurrentPath().getParentPath().getLeaf();
            boolean inferredParameter = parent instanceof LambdaExpressionTree;
            boolean resource =
                    parent instanceof TryTree statement && statement.getResources().contains(node);
            boolean allowed = !file.isMain() || inferredParameter || resource;
            if (!allowed && isVar(node)) {
                report(node, "var: name the type of " + node.getName());
            }
            return super.visitVariable(node, nothing);
        }

        @Override
        public Void visitClass(ClassTree node, Void nothing) {
            String name = node.getSimpleName().toString();
            if (name.toLowerCase(Locale.ROOT).matches(".*(utils?|helper|manager|impl)")) {
                report(node, "class name %s says nothing: name its job".formatted(name));
            }
            return super.visitClass(node, nothing);
        }

        /// The parser drops the word, so this looks at what stands before the variable's name. The
        /// parameters of a compact constructor stand nowhere and have no end.
        private boolean isVar(VariableTree node) {
            int from = (int) start(node);
            int to = (int) positions.getEndPosition(unit, node);
            String declaration = to < 0 ? "" : file.text().substring(from, to);
            return Pattern.compile("^(final )?var\\s+" + node.getName() + "\\b")
                    .matcher(declaration)
                    .find();
        }

        private long start(Tree node) {
            return positions.getStartPosition(unit, node);
        }

        private long line(long position) {
            return unit.getLineMap().getLineNumber(position);
        }

        private void report(Tree node, String finding) {
            findings.add(at(file, line(start(node)), finding));
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final File file;

        Source(File file) {
            super(uri(file), Kind.SOURCE);
            this.file = file;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return file.text();
        }
    }
}
