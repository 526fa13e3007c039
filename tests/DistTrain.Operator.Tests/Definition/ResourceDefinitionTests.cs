using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using DistTrain.Operator.Definition;
using DistTrain.Operator.Resources;
using DistTrain.Operator.Tests.Doubles;
using DistTrain.Recipes.Files;
using DistTrain.Tests.Jobs;
using k8s;
using k8s.Models;

namespace DistTrain.Operator.Tests.Definition;

[Trait("Kind", "Fast")]
public class ResourceDefinitionTests
{
    /// <summary>With this variable set to 1 the test writes the file instead of comparing it.</summary>
    private const string WriteVariable = "DISTTRAIN_WRITE_DOCS";

    private static V1JSONSchemaProps Schema => SchemaOf(ResourceKind.TrainingJob);

    public static TheoryData<string> Kinds => [.. ResourceKind.All.Select(kind => kind.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_file_is_the_one_the_tables_give(string name)
    {
        var kind = Kind(name);
        var (file, text) = (ResourceDefinition.File(kind), ResourceDefinition.Yaml(kind));
        var path = Repository.PathOf(file);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
            File.WriteAllText(path, text);
        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == text,
            $"{file} is out of date; renew it with: {WriteVariable}=1 dotnet test tests/DistTrain.Operator.Tests");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_read_from_the_file_is_the_definition(string name)
    {
        var kind = Kind(name);
        var read = KubernetesYaml.LoadAllFromString(Repository.Read(ResourceDefinition.File(kind)), null, strict: true).Cast<V1CustomResourceDefinition>().Single();
        Assert.Equal($"{name.ToLowerInvariant()}s.disttrain.dev", read.Metadata.Name);
        Assert.Equal(KubernetesYaml.Serialize(ResourceDefinition.Object(kind)), KubernetesYaml.Serialize(read));
    }

    [Fact]
    public void Every_job_that_can_be_written_is_let_in_and_read_back() => JobGenerator.Job.Sample(
        job =>
        {
            var sent = YamlJson.Of(JobFile.Write(job));
            sent.Remove("apiVersion");
            sent.Remove("kind");
            var problems = SchemaCheck.Problems(Schema, sent, "").ToList();
            Assert.True(problems.Count == 0, $"{string.Join('\n', problems)}\n{JobFile.Write(job)}");
            var file = ResourceJobFile.Of(Resource(job.Name, sent["spec"]!));
            Assert.True(file.Text == JobFile.Write(job), string.Join('\n', file.Problems));
        },
        iter: 200);

    /// <summary>As many keys as a probe has, with values other than its defaults.</summary>
    [Theory]
    [InlineData("{weights: {job: first, step: 3}, data: test, examples: 0, mode: training, precision: float64, top: 2, steps: 9, directions: 0, directionSteps: 3, seed: 5, gradientTolerance: 0.1, curvatureTolerance: 1.0e-05}")]
    [InlineData("{weights: {path: /jobs/first}, job: {model: {name: softmax}, workers: 3}}")]
    [InlineData("{weights: {job: first}}")]
    public void A_probe_is_let_in_and_read_back(string spec)
    {
        var sent = Written.Probe("look", spec);
        var file = ResourceJobFile.Of(Resource("look", sent["spec"]!, ResourceKind.LandscapeProbe));
        Assert.True(file.Text is not null, string.Join('\n', file.Problems));
        Assert.Equal(ProbeFile.Read(sent.ToJsonString(), "written", []).Probe!.Write(), file.Text);
        var canonical = YamlJson.Of(file.Text);
        foreach (var written in new[] { sent, canonical })
        {
            written.Remove("apiVersion");
            written.Remove("kind");
            Assert.Empty(SchemaCheck.Problems(SchemaOf(ResourceKind.LandscapeProbe), written, ""));
        }
    }

    [Theory]
    [InlineData("{weights: {job: first}, steps: 0}", ".spec.steps: 0 is out of range")]
    [InlineData("{weights: {job: first}, precision: float16}", ".spec.precision: 'float16' is none of ")]
    [InlineData("{weights: {job: first}, gradientTolerance: 0}", ".spec.gradientTolerance: 0 is out of range")]
    [InlineData("{weights: first}", ".spec.weights: a string in place of a object")]
    [InlineData("{weights: {trainingJob: 5}}", ".spec.weights.trainingJob: a number in place of a string")]
    [InlineData("{weights: {job: first}, suspend: maybe}", ".spec.suspend: a string in place of a boolean")]
    public void What_is_wrong_with_a_probe_at_sight_is_not_let_in(string spec, string problem)
    {
        var sent = Written.Probe("wrong", spec);
        sent.Remove("apiVersion");
        sent.Remove("kind");
        Assert.StartsWith(problem, Assert.Single(SchemaCheck.Problems(SchemaOf(ResourceKind.LandscapeProbe), sent, "")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{workers: 0}", ".spec.workers: 0 is out of range")]
    [InlineData("{workers: two}", ".spec.workers: a string in place of a integer")]
    [InlineData("{batch: 0}", ".spec.batch: 0 is out of range")]
    [InlineData("{batch: {}}", ".spec.batch: 0 keys")]
    [InlineData("{optimizer: {name: momentm}}", ".spec.optimizer.name: 'momentm' is none of ")]
    [InlineData("{optimizer: {name: momentum, momentum: 1}}", ".spec.optimizer.momentum: 1 is out of range")]
    [InlineData("{dataset: {name: imagenet}}", ".spec.dataset.name: 'imagenet' is none of ")]
    [InlineData("{model: {layers: []}}", ".spec.model.layers: 0 items")]
    [InlineData("{batchNorm: {scope: ghost}}", ".spec.batchNorm.scope: 'ghost' does not match ")]
    [InlineData("{suspend: maybe}", ".spec.suspend: a string in place of a boolean")]
    [InlineData("{ttlSecondsAfterFinished: -1}", ".spec.ttlSecondsAfterFinished: -1 is out of range")]
    [InlineData("{checkpoint: [1]}", ".spec.checkpoint: a array in place of a object")]
    public void What_is_wrong_at_sight_is_not_let_in(string spec, string problem)
    {
        var sent = Written.Named("wrong", spec);
        sent.Remove("apiVersion");
        sent.Remove("kind");
        Assert.StartsWith(problem, Assert.Single(SchemaCheck.Problems(Schema, sent, "")), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_schema_is_structural(string name)
    {
        Walk(SchemaOf(Kind(name)), "");

        // https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
        static void Walk(V1JSONSchemaProps schema, string path)
        {
            Assert.True(schema.Type is not null || schema.XKubernetesPreserveUnknownFields == true, $"{path} has no type");
            Assert.True(schema.DefaultProperty is null && schema.AnyOf is null && schema.OneOf is null && schema.RefProperty is null, path);
            Assert.True(schema.Type == "array" == schema.Items is not null, $"{path}: items");
            foreach (var (name, inner) in schema.Properties ?? new Dictionary<string, V1JSONSchemaProps>())
                Walk(inner, $"{path}.{name}");
            if (schema.Items is V1JSONSchemaProps items)
                Walk(items, $"{path}[]");
        }
    }

    /// <summary>All that <c>kubectl explain</c> shows.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_key_of_a_spec_and_figure_of_a_status_says_what_it_is(string name)
    {
        var schema = SchemaOf(Kind(name));
        Assert.NotEmpty(schema.Description);
        Walk(schema.Properties["spec"], "spec");
        Assert.All(Kind(name).Figures, figure => Assert.NotEmpty(schema.Properties["status"].Properties[figure.Name].Description));

        static void Walk(V1JSONSchemaProps schema, string path)
        {
            Assert.False(string.IsNullOrEmpty(schema.Description), path);
            foreach (var (key, inner) in schema.Properties ?? new Dictionary<string, V1JSONSchemaProps>())
                Walk(inner, $"{path}.{key}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_status_is_what_its_schema_says(string name)
    {
        var schema = SchemaOf(Kind(name)).Properties["status"];
        var written = JsonNode.Parse(new ResourceStatus
        {
            ObservedGeneration = 1,
            State = ResourceStates.Running,
            JobId = "job-1",
            SpecSha256 = "ab",
            Step = 1,
            TotalSteps = 2,
            Loss = 0.5,
            Accuracy = 0.5,
            WeightsSha256 = "ab",
            WeightsJob = "job-2",
            Verdict = "saddle",
            LambdaMax = 1,
            LambdaMin = -1,
            GradientNorm = 0.5,
            Positive = 0.5,
            Negative = 0.5,
            Trace = 1,
            FindingsSha256 = "ab",
            StartTime = DateTimeOffset.UnixEpoch,
            CompletionTime = DateTimeOffset.UnixEpoch,
            Conditions = [new ResourceCondition(ConditionTypes.Accepted, ResourceCondition.True, "Submitted", "", DateTimeOffset.UnixEpoch, 1)],
        }.ToJson().GetRawText())!.AsObject();
        // Everything that a schema has is written, and of what is written nothing is unknown to both kinds.
        Assert.Empty(schema.Properties.Keys.Except(written.Select(p => p.Key)));
        Assert.Equal(
            ResourceKind.All.SelectMany(kind => SchemaOf(kind).Properties["status"].Properties.Keys).Distinct().Order(),
            written.Select(p => p.Key).Order());
        Prune(schema, written);
        Assert.Empty(SchemaCheck.Problems(schema, written, ""));
        var columns = ResourceDefinition.Object(Kind(name)).Spec.Versions[0].AdditionalPrinterColumns.Select(c => c.JsonPath).Where(p => p.StartsWith(".status.", StringComparison.Ordinal));
        Assert.All(columns, path => Assert.True(path.Contains("conditions[?", StringComparison.Ordinal) || path.Split('.').Skip(2).Aggregate((JsonNode?)written, (node, key) => node?[key]) is not null, path));

        // A job of the kind has no figures of the other.
        static void Prune(V1JSONSchemaProps schema, JsonObject found)
        {
            foreach (var key in found.Select(p => p.Key).Except(schema.Properties.Keys).ToList())
                found.Remove(key);
            if (found["display"] is JsonObject display)
                Prune(schema.Properties["display"], display);
        }
    }

    [Fact]
    public void The_example_is_a_job_file_and_an_object()
    {
        var yaml = Repository.Read("k8s/examples/job.yaml");
        var job = JobFile.Read(yaml, "job.yaml", []);
        Assert.True(job.Job is not null, string.Join('\n', job.Problems));
        Assert.Empty(job.Warnings);
        var sent = YamlJson.Of(yaml);
        Assert.Equal(("disttrain.dev/v1", "TrainingJob"), ((string?)sent["apiVersion"], (string?)sent["kind"]));
        Assert.Equal(JobFile.Write(job.Job), ResourceJobFile.Of(Resource(job.Job.Name, sent["spec"]!)).Text);
        sent.Remove("apiVersion");
        sent.Remove("kind");
        Assert.Empty(SchemaCheck.Problems(Schema, sent, ""));
    }

    [Fact]
    public void The_example_of_a_probe_is_an_object_that_looks_at_the_example_of_a_job()
    {
        var (job, probe) = (YamlJson.Of(Repository.Read("k8s/examples/job.yaml")), YamlJson.Of(Repository.Read("k8s/examples/probe.yaml")));
        Assert.Equal(("disttrain.dev/v1", "LandscapeProbe"), ((string?)probe["apiVersion"], (string?)probe["kind"]));
        var resource = Resource("look", probe["spec"]!, ResourceKind.LandscapeProbe);
        Assert.Equal((string?)job["metadata"]!["name"], ObjectKeys.Of(resource).TrainingJob);
        Assert.Empty(ResourceJobFile.Of(resource, "digits-lars-97e1c45d8cd0").Problems);
        probe.Remove("apiVersion");
        probe.Remove("kind");
        Assert.Empty(SchemaCheck.Problems(SchemaOf(ResourceKind.LandscapeProbe), probe, ""));
    }

    private static ResourceKind Kind(string name) => ResourceKind.All.Single(kind => kind.Name == name);

    private static V1JSONSchemaProps SchemaOf(ResourceKind kind) => ResourceDefinition.Object(kind).Spec.Versions[0].Schema.OpenAPIV3Schema;

    private static JobResource Resource(string name, JsonNode spec, ResourceKind? kind = null) => new()
    {
        ApiVersion = JobSchema.ApiVersion,
        Kind = (kind ?? ResourceKind.TrainingJob).Name,
        Metadata = new V1ObjectMeta { Name = name },
        Spec = JsonSerializer.Deserialize<JsonElement>(spec.ToJsonString()),
    };
}
