package org.sjd4j.spark;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;
import org.sjd4j.LocaleRule;

class LocaleTest {
    @Test
    void noJobDependsOnTheLocale() {
        LocaleRule.RULE.check(new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.sjd4j.spark"));
    }
}
