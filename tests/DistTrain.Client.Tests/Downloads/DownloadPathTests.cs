using CsCheck;
using DistTrain.Client.Downloads;

namespace DistTrain.Client.Tests.Downloads;

[Trait("Kind", "Fast")]
public class DownloadPathTests
{
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("metrics.jsonl")]
    [InlineData("checkpoints/step-120/manifest.json")]
    [InlineData("checkpoints/step-120/part-0-of-2.bin")]
    public void Takes_the_files_of_a_run(string name)
    {
        using var folder = new TempFolder();
        Assert.Equal(folder[name], DownloadPath.Resolve(folder.Path, name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    [InlineData(@"..\model")]
    [InlineData(@"C:\model")]
    [InlineData("C:model")]
    [InlineData(".bashrc")]
    [InlineData("checkpoints/../../x")]
    [InlineData("checkpoints/step-1/../x")]
    [InlineData("checkpoints/step-1/")]
    [InlineData("checkpoints/step-x/a")]
    [InlineData("checkpoints/step-1/a/b")]
    [InlineData("checkpoints//step-1/a")]
    [InlineData("model\n")]
    [InlineData("mo\0del")]
    [InlineData("~")]
    public void Refuses_every_other_name(string name)
    {
        using var folder = new TempFolder();
        Assert.Contains("no name of a run's file", Assert.Throws<DistTrainException>(() => DownloadPath.Resolve(folder.Path, name)).Message);
    }

    [Fact]
    public void Nothing_leaves_the_folder()
    {
        using var folder = new TempFolder();
        var pieces = Gen.OneOf(new[] { "..", ".", "/", "\\", "checkpoints", "step-1", "a", "\0", "~", "-" }.Select(Gen.Const).ToArray()).Array[0, 8];
        pieces.Sample(name =>
        {
            try
            {
                var path = DownloadPath.Resolve(folder.Path, string.Concat(name));
                Assert.StartsWith(folder.Path + "/", Path.GetFullPath(path));
            }
            catch (DistTrainException)
            {
                // Refused is always right.
            }
        });
    }

    [Fact]
    public void A_link_on_the_way_is_not_followed()
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        Directory.CreateSymbolicLink(folder["checkpoints"], elsewhere.Path);
        File.CreateSymbolicLink(folder["model.safetensors"], elsewhere["target"]);
        foreach (var name in (string[])["model.safetensors", "checkpoints/step-1/part-0"])
            Assert.Contains("link", Assert.Throws<DistTrainException>(() => DownloadPath.Resolve(folder.Path, name)).Message);
    }
}
