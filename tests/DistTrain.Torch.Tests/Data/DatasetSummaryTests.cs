using System.Text.Json.Nodes;
using DistTrain.Recipes;
using DistTrain.Torch.Data;

namespace DistTrain.Torch.Tests.Data;

/// <summary>What was understood of the data.</summary>
[Trait("Kind", "Fast")]
public sealed class DatasetSummaryTests : IDisposable
{
    private readonly DataFolder _folder = new();

    public DatasetSummaryTests()
    {
        _folder.Write("train.csv", "x,class,y\n1.5,0,1\n2,1,1.5\n3,1,2\n");
        _folder.Write("test.csv", "x,class,y\n1,1,0\n");
    }

    public void Dispose() => _folder.Dispose();

    private DatasetRecipe Recipe => new("csv", _folder.Path, null, null) { Label = "class" };

    [Fact]
    public void It_tells_people() => Assert.Equal(
        [
            "data csv: 3 training and 1 test examples of 2 features, 2 classes",
            "training examples by class: 0: 1, 1: 2",
            "columns: 3, named by the first line; the label is column 2 ('class')",
        ],
        DatasetSummary.Lines(DatasetReader.Read(Recipe), Recipe));

    [Fact]
    public void Many_classes_are_told_by_their_bounds()
    {
        _folder.Write("train.csv", "x,class,y\n" + string.Join('\n', Enumerable.Range(0, 60).Select(row => $"{row}.5,{row % 30},0")));
        Assert.Equal("training examples by class: from 2 to 2; 0 classes have none", DatasetSummary.Lines(DatasetReader.Read(Recipe), Recipe)[1]);
    }

    [Fact]
    public void It_tells_programs_with_the_digest_of_each_file()
    {
        var data = DatasetReader.Read(Recipe);
        var json = JsonNode.Parse(DatasetSummary.Json(data, Recipe))!;
        Assert.Equal(
            """{"format":1,"dataset":"csv","shape":[2],"classes":2,"trainExamples":3,"testExamples":1,"trainExamplesByClass":[1,2],"testExamplesByClass":[0,1],"columns":3,"columnNames":["x","class","y"],"labelColumn":2}""",
            new JsonObject(json.AsObject().TakeWhile(member => member.Key != "fingerprint").Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))).ToJsonString());
        Assert.Equal(data.Fingerprint, (string?)json["fingerprint"]);
        Assert.Equal(["test.csv", "train.csv"], json["files"]!.AsObject().Select(file => file.Key));
        Assert.Empty(json["warnings"]!.AsArray());
    }

    [Fact]
    public void Its_digests_are_read_back_where_they_can_be()
    {
        var data = DatasetReader.Read(Recipe);
        _folder.Write("data.json", DatasetSummary.Json(data, Recipe));
        Assert.Equal(data.Files.OrderBy(file => file.Key), DatasetSummary.FilesIn(Path.Combine(_folder.Path, "data.json")).OrderBy(file => file.Key));
        foreach (var damaged in new[] { "", "{", "[]", "{}", """{"files":7}""", """{"files":{"a":null}}""", """{"files":{"a":7}}""" })
        {
            _folder.Write("data.json", damaged);
            Assert.Empty(DatasetSummary.FilesIn(Path.Combine(_folder.Path, "data.json")));
        }

        Assert.Empty(DatasetSummary.FilesIn(Path.Combine(_folder.Path, "not-there")));
    }
}
