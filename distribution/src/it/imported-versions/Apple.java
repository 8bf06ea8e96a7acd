import org.sjd4j.api.Request;
import org.sjd4j.api.TextToImage;
import org.sjd4j.bundled.BundledModel;
import org.sjd4j.decode.Decoders;

void main() throws Exception {
    try (var model = TextToImage.open(BundledModel.directory(), "cpu")) {
        var defaults = model.defaults();
        var image = model.generate(
                new Request("a red apple", 7, Decoders.named("sjd-exact"), defaults.settings(), defaults.sampling()));
        IO.println("an image of " + image.image().getWidth() + " pixels in " + image.statistics().steps() + " steps");
    }
}
