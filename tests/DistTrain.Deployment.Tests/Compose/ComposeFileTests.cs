using YamlDotNet.Core;

namespace DistTrain.Deployment.Tests.Compose;

/// <summary>What a compose file may hold.</summary>
[Trait("Kind", "Fast")]
public class ComposeFileTests
{
    [Theory]
    [InlineData("healthcheck:\n    test", "healthchecks:\n    test")]
    [InlineData("retries: 6", "retries: six")]
    public void What_Compose_does_not_know_is_refused(string right, string wrong) => Assert.Throws<YamlException>(() => ComposeFile.Parse(ShippedCompose.Broken(right, wrong)));
}
