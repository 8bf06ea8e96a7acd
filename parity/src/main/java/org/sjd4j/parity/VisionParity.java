package org.sjd4j.parity;

import java.nio.file.Path;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.sjd4j.checkpoint.JsonConfig;
import org.sjd4j.family.Vqgan;
import org.sjd4j.family.emu3.Emu3Description;
import org.sjd4j.vision.ImageTokenizer;
import org.sjd4j.vision.Pixels;
import org.sjd4j.vision.SmartResize;

/**
 * Checks of image tokenizers. Of a video, the first frame is compared: it is an image, and more is never decoded here.
 */
final class VisionParity {

    private VisionParity() {}

    static void vqgan(Path directory, Golden golden) {
        tokenizer(Vqgan.open(directory, cpu()), golden);
    }

    static void moVq(Path directory, Golden golden) {
        var tokenizer = Emu3Description.vision(directory, cpu());
        tokenizer(tokenizer, golden);
        if (golden.has("decode_video.codes")) {
            Tensor first = tokenizer.decode(golden.get("decode_video.codes").select(1, 0));
            golden.close(
                    "decode_video.frames (the first)",
                    first,
                    golden.get("decode_video.frames").select(1, 0),
                    Golden.TOLERANCE);
        }
        if (golden.has("preprocess.uint8_hwc")) {
            var resize = SmartResize.from(JsonConfig.read(directory.resolve("preprocessor_config.json")));
            golden.close("preprocess.pixel_values", Pixels.image(resize.apply(golden.image("preprocess.uint8_hwc"))));
        }
    }

    /** Checks of an image tokenizer that is loaded. */
    static void tokenizer(ImageTokenizer tokenizer, Golden golden) {
        if (golden.has("decode.codes")) {
            Tensor codes = golden.get("decode.codes");
            if (codes.dim() == 2) {
                long side = Math.round(Math.sqrt(codes.size(1)));
                codes = codes.view(codes.size(0), side, side);
            }
            Tensor images = tokenizer.decode(codes);
            golden.close("decode.image", images);
            if (!golden.has("postprocess.input")) {
                golden.levels("postprocess.uint8_hwc", images);
            }
        }
        if (golden.has("postprocess.input")) {
            golden.levels("postprocess.uint8_hwc", golden.get("postprocess.input"));
        }
        encode(tokenizer, golden);
    }

    /** Checks of the half of an image tokenizer that a checkpoint without its decoder has. */
    static void encode(ImageTokenizer tokenizer, Golden golden) {
        String input = golden.has("encode.image") ? "encode.image" : "encode.pixel_values";
        if (!golden.has(input)) {
            return;
        }
        Tensor images = golden.get(input);
        Tensor latents = tokenizer.latents(images);
        golden.close("encode.encoder_out", tokenizer.encoderOutput(images));
        golden.close("encode.prequant", latents);
        Tensor codes = tokenizer.nearest(latents);
        golden.same("encode.codes", codes);
        golden.same("encode.codes_original", codes);
    }

    /** Made anew each time: a native object that a class holds would be freed with the scope in which it is loaded. */
    private static Device cpu() {
        return new Device("cpu");
    }
}
