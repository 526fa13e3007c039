using CsCheck;
using DistTrain.Operator.Resources;
using DistTrain.Recipes;
using k8s.Models;

namespace DistTrain.Operator.Tests.Resources;

[Trait("Kind", "Fast")]
public class ResourceJobIdTests
{
    private static readonly Gen<string> Name = Gen.Select(Gen.Char["ab09"], Gen.String[Gen.Char["abyz09-"], 0, 39], (first, rest) => first + rest);

    [Fact]
    public void Is_an_id_that_begins_with_the_name() => Gen.Select(Name, Name, Gen.Guid).Sample((space, name, uid) =>
    {
        var id = Of(space, name, uid.ToString());
        return JobId.IsValid(id) && id.StartsWith(name + "-", StringComparison.Ordinal) && id == Of(space, name, uid.ToString());
    });

    [Fact]
    public void Other_objects_have_other_ids()
    {
        var ids = new[] { Of("a", "job", "1"), Of("b", "job", "1"), Of("a", "job", "2"), Of("a", "job-1", "1") };
        Assert.Equal(4, ids.Distinct().Count());
        // Of a restarted operator too, whatever its version.
        Assert.Equal("job-97e1c45d8cd0", Of("research", "job", "0f0e0d0c-0000-4000-8000-000000000001"));
    }

    private static string Of(string space, string name, string uid) =>
        ResourceJobId.Of(new JobResource { Metadata = new V1ObjectMeta { NamespaceProperty = space, Name = name, Uid = uid } });
}
