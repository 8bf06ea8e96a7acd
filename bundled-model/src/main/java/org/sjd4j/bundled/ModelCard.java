package org.sjd4j.bundled;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a checkpoint's {@code README.md} says at its head: the lines between two {@code ---}, as on Hugging Face.
 *
 * @param head those lines
 */
public record ModelCard(List<String> head) {
    private static final String FENCE = "---";
    private static final String LICENCE = "license:";
    private static final int LARGEST = 1 << 16;

    /** The card of a checkpoint; without a readable one, an empty card. */
    public static ModelCard of(Path checkpoint) {
        try (var content = Files.newInputStream(checkpoint.resolve("README.md"))) {
            var lines = new String(content.readNBytes(LARGEST), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return new ModelCard(
                    !lines.isEmpty() && lines.getFirst().equals(FENCE)
                            ? lines.stream()
                                    .skip(1)
                                    .takeWhile(line -> !line.equals(FENCE))
                                    .toList()
                            : List.of());
        } catch (IOException e) {
            return new ModelCard(List.of());
        }
    }

    /** The licence of the weights, if the card states one. */
    public Optional<String> licence() {
        return head.stream()
                .filter(line -> line.startsWith(LICENCE))
                .map(line -> line.substring(LICENCE.length()).strip())
                .filter(licence -> !licence.isEmpty())
                .findFirst();
    }
}
