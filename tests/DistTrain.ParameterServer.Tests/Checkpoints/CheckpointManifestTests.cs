using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistTrain.ParameterServer.Checkpoints;

namespace DistTrain.ParameterServer.Tests.Checkpoints;

[Trait("Kind", "Fast")]
public sealed class CheckpointManifestTests
{
    [Fact]
    public void Json_gives_the_manifest_back()
    {
        var read = CheckpointManifest.FromJson(Manifests.Any.ToJson());
        Assert.Equal(Manifests.Any.Parts, read.Parts);
        Assert.Equal(Manifests.Any, read with { Parts = Manifests.Any.Parts });
    }

    [Fact]
    public void The_same_manifest_gives_the_same_bytes() => Assert.Equal(Manifests.Any.ToJson(), Manifests.Any.ToJson());

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"format\": 2}")]
    [InlineData("not json")]
    public void What_is_no_manifest_is_refused(string text) =>
        Assert.Throws<JsonException>(() => CheckpointManifest.FromJson(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void An_unknown_key_is_refused() => Refused(m => m["colour"] = "red");

    [Theory]
    [InlineData("jobId")]
    [InlineData("position")]
    [InlineData("layout")]
    [InlineData("parts")]
    [InlineData("step")]
    public void A_missing_key_was_read_as_nothing(string key)
    {
        Refused(m => m.Remove(key));
    }

    [Theory]
    [InlineData("position")]
    [InlineData("layout")]
    [InlineData("parts")]
    public void A_null_was_read_as_nothing(string key) => Refused(m => m[key] = null);

    private static void Refused(Action<JsonObject> spoil)
    {
        var json = JsonNode.Parse(Manifests.Any.ToJson())!.AsObject();
        spoil(json);
        Assert.Throws<JsonException>(() => CheckpointManifest.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }
}
