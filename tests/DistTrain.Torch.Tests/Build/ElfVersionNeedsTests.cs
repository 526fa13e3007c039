using CsCheck;
using DistTrain.Torch.Build;

namespace DistTrain.Torch.Tests.Build;

[Trait("Kind", "Fast")]
public sealed class ElfVersionNeedsTests
{
    private const string Version = "GLIBCXX_3.4.32";

    [Fact]
    public void One_bit_changes_and_the_second_time_none()
    {
        var image = TinyElf.Asking("libstdc++.so.6", "GLIBCXX_3.4.30", Version, "GLIBCXX_3.4");
        var before = (byte[])image.Clone();

        Assert.Equal(VersionNeed.Strong, ElfVersionNeeds.Find(image, Version));
        Assert.True(ElfVersionNeeds.MarkWeak(image, Version));

        var changed = Assert.Single(Enumerable.Range(0, image.Length), i => image[i] != before[i]);
        Assert.Equal(0x2, image[changed] ^ before[changed]);
        Assert.Equal(VersionNeed.Weak, ElfVersionNeeds.Find(image, Version));
        Assert.Equal(VersionNeed.Strong, ElfVersionNeeds.Find(image, "GLIBCXX_3.4"));
        Assert.False(ElfVersionNeeds.MarkWeak(image, Version));
    }

    [Fact]
    public void A_library_that_asks_for_other_versions_stays_as_it_is()
    {
        var image = TinyElf.Asking("libstdc++.so.6", "GLIBCXX_3.4.3", "GLIBCXX_3.4.320");
        var before = (byte[])image.Clone();
        Assert.Equal(VersionNeed.None, ElfVersionNeeds.Find(image, Version));
        Assert.False(ElfVersionNeeds.MarkWeak(image, Version));
        Assert.Equal(before, image);
    }

    [Fact]
    public void Other_files_are_refused()
    {
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Find([], Version));
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Find(new byte[4096], Version));
        var bits32 = TinyElf.Asking("libstdc++.so.6", Version);
        bits32[4] = 1;
        Assert.Throws<InvalidDataException>(() => ElfVersionNeeds.Find(bits32, Version));
    }

    [Fact]
    public void A_damaged_library_is_refused_or_read_but_never_written_elsewhere() =>
        Gen.Select(Gen.Int[0, 511], Gen.Byte, Gen.Int[0, 511]).Sample((at, value, length) =>
        {
            var image = TinyElf.Asking("libstdc++.so.6", "GLIBCXX_3.4", Version);
            image[at % image.Length] = value;
            Array.Resize(ref image, image.Length - length % 32);
            var before = (byte[])image.Clone();
            try
            {
                ElfVersionNeeds.MarkWeak(image, Version);
            }
            catch (InvalidDataException)
            {
                Assert.Equal(before, image);
            }

            Assert.True(image.Zip(before).Count(pair => pair.First != pair.Second) <= 1);
        });

    [Fact]
    public void The_library_in_this_output_folder_loads_here()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the need is one of the Linux library");
        var library = Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/libLibTorchSharp.so");
        var need = ElfVersionNeeds.Find(File.ReadAllBytes(library), Version);
        Assert.True(need == VersionNeed.Weak || SystemHasVersion(), $"the need of {Version} is {need}, and this system lacks it");
    }

    private static bool SystemHasVersion()
    {
        var path = File.ReadLines("/proc/self/maps").First(line => line.Contains("libstdc++.so", StringComparison.Ordinal));
        return System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(path[path.IndexOf('/')..])).Contains(Version + "\0", StringComparison.Ordinal);
    }
}
