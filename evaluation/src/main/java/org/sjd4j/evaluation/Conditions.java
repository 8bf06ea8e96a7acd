package org.sjd4j.evaluation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sjd4j.api.TextToImage;
import org.sjd4j.decode.sampling.Sampling;
import org.sjd4j.tensor.LibTorch;

/** What figures depend on besides what is measured. */
public final class Conditions {
    private Conditions() {}

    /** Model, sampling and machine. */
    public static Map<String, Object> of(TextToImage model, Sampling sampling) {
        var conditions = new LinkedHashMap<String, Object>();
        conditions.put("model", name(model));
        conditions.put("device", model.options().device().toString());
        conditions.put("dtype", model.precision().toString());
        if (model.options().passRows() > 0) {
            conditions.put("pass_rows", model.options().passRows());
        }
        conditions.put("image_tokens", model.imageTokens());
        Sampling.SETTINGS.forEach(setting -> conditions.put(setting.name(), setting.value(sampling)));
        conditions.putAll(ofMachine());
        return conditions;
    }

    /** The machine and what computes on it. */
    public static Map<String, Object> ofMachine() {
        var conditions = new LinkedHashMap<String, Object>();
        conditions.put("cpu", processor());
        conditions.put("threads", LibTorch.threads());
        conditions.put("blas", LibTorch.blas());
        conditions.put("libtorch", LibTorch.version());
        conditions.put("java", Runtime.version().toString());
        return conditions;
    }

    /** The model's name: that of its directory. */
    static String name(TextToImage model) {
        return String.valueOf(model.directory().toAbsolutePath().normalize().getFileName());
    }

    /** The number of CPUs and their name. */
    public static String processor() {
        String count = Runtime.getRuntime().availableProcessors() + " x ";
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> count + line.substring(line.indexOf(':') + 1).strip())
                    .orElse(count + System.getProperty("os.arch"));
        } catch (IOException _) {
            return count + System.getProperty("os.arch"); // not Linux
        }
    }
}
