package org.sjd4j.evaluation.report;

import com.samskivert.mustache.Escapers;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;

/** The HTML of reports: resources in Mustache. Values are escaped, for content and for attributes in quotes. */
final class Templates {
    private static final Mustache.Escaper ESCAPER = Escapers.simple(new String[][] {
        {"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"},
    });

    /** Text that may go on in the next line after a colon or comma, as a decoder with settings needs on a phone. */
    private static final Mustache.Lambda BREAKABLE =
            (text, out) -> out.write(text.execute().replace(":", ":<wbr>").replace(",", ",<wbr>"));

    private static final Mustache.Compiler COMPILER = Mustache.compiler()
            .withEscaper(ESCAPER)
            .emptyStringIsFalse(true)
            .withLoader(name -> new InputStreamReader(
                    Objects.requireNonNull(Templates.class.getResourceAsStream(name + ".mustache"), name),
                    StandardCharsets.UTF_8));

    private Templates() {}

    /** A template of a file in this package's folder. */
    static Template named(String name) {
        return COMPILER.loadTemplate(name);
    }

    /** What a template makes of some values. */
    static String render(Template template, Object values) {
        var html = new StringWriter();
        template.execute(values, Map.of("breakable", BREAKABLE), html);
        return html.toString();
    }

    /** A resource as text. */
    static String text(String name) {
        try (var stream = Objects.requireNonNull(Templates.class.getResourceAsStream(name), name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
